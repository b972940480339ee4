from datetime import UTC, datetime

import pytest

from gateway.audit.events import Event
from gateway.audit.models import AuditEvent
from gateway.audit.record import record

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def happened():
    """Puts so many sign-ins of Ada on record and returns their rows, oldest first."""

    def put(count):
        for number in range(count):
            record(
                Event.LOGIN_SUCCEEDED,
                actor="ada",
                account="ada",
                reference="KXBQWNRT",
                detail={"provider": "corp-oidc", "ruleset": number},
                at=NOW,
            )
        return list(AuditEvent.objects.order_by("id"))[-count:]

    return put
