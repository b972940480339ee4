import pytest
from django.db import DatabaseError, connection, transaction

from gateway.audit.models import AppendOnly, AuditEvent, AuditSeal
from gateway.audit.seal import seal
from tests.gateway.audit.conftest import NOW

pytestmark = pytest.mark.django_db


def test_an_event_is_never_saved_again(happened):
    (event,) = happened(1)
    event.actor = "ben"
    with pytest.raises(AppendOnly):
        event.save()


def test_an_event_is_never_deleted(happened):
    (event,) = happened(1)
    with pytest.raises(AppendOnly):
        event.delete()


@pytest.mark.parametrize("model", [AuditEvent, AuditSeal])
def test_rows_are_neither_updated_nor_deleted_together(model):
    with pytest.raises(AppendOnly):
        model.objects.update(pk=1)
    with pytest.raises(AppendOnly):
        model.objects.filter(pk=1).update(pk=2)
    with pytest.raises(AppendOnly):
        model.objects.all().delete()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET actor = 'ben'",
        "DELETE FROM audit_auditevent",
        "UPDATE audit_auditseal SET hash = 'x'",
        "DELETE FROM audit_auditseal",
    ],
)
def test_the_database_refuses_too(happened, statement):
    happened(1)
    seal(NOW)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
