"""Transactional tests empty every table when they end, which the audit tables let nobody do.

So their triggers are away for that one moment.
"""

from importlib import import_module

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations


@pytest.fixture(scope="session", autouse=True)
def audit_tables_may_be_emptied():
    triggers = import_module("gateway.audit.migrations.0002_append_only")
    flush = BaseDatabaseOperations.execute_sql_flush

    def flush_without_triggers(self, sql_list):
        with self.connection.schema_editor() as editor:
            triggers.drop(None, editor)
        flush(self, sql_list)
        with self.connection.schema_editor() as editor:
            triggers.create(None, editor)

    BaseDatabaseOperations.execute_sql_flush = flush_without_triggers
    yield
    BaseDatabaseOperations.execute_sql_flush = flush
