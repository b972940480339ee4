"""Who read a provider before it was switched off does not switch it on by what she read."""

import pytest
from django.utils import timezone

from gateway.flows.configure import disable_provider
from providers.models import Provider
from tests.gateway.api.programs import CORP, PROVIDERS, corp, program

pytestmark = pytest.mark.usefixtures("db", "redis_url")


def test_what_was_read_before_it_was_switched_off_is_stale() -> None:
    corp()
    asked = program()
    etag = asked.get(f"{PROVIDERS}/corp")["ETag"]
    now = timezone.now()
    disable_provider("corp", end_sessions=False, last_too=False, actor="dora", now=now)
    assert asked.send("PUT", f"{PROVIDERS}/corp", CORP, If_Match=etag).status_code == 412
    assert not Provider.objects.get().enabled
