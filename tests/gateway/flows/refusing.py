"""A database that keeps nothing more on record, and a Redis that is silent."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.db import DatabaseError, connection

from gateway import wiring


@contextmanager
def no_more_on_record() -> Iterator[None]:
    """Every insert into the audit record fails."""

    def refuse(execute: Any, sql: str, *more: Any) -> Any:
        if sql.startswith("INSERT") and "audit_auditevent" in sql:
            raise DatabaseError("the disk is full")
        return execute(sql, *more)

    with connection.execute_wrapper(refuse):
        yield


@contextmanager
def silent_redis() -> Iterator[None]:
    """Redis takes commands and answers none, for two seconds."""
    with redis.Redis.from_url(wiring.config().redis_url) as patient:
        patient.ping()
        patient.execute_command("CLIENT", "PAUSE", 2_000, "ALL")
        yield
        patient.ping()
