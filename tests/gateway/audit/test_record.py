import pytest

from gateway.audit.detail import DetailNotAllowed
from gateway.audit.events import Event
from gateway.audit.models import AuditEvent
from gateway.audit.record import record
from tests.gateway.audit.conftest import NOW

pytestmark = pytest.mark.django_db


def test_an_event_is_kept_as_it_was_told():
    record(
        Event.ROLE_GAINED,
        actor="corp-oidc",
        account="ada",
        reference="KXBQWNRT",
        detail={"role": "deployer", "because": ("groups has /engineering/platform",)},
        at=NOW,
    )
    found = AuditEvent.objects.get()
    assert (found.event, found.actor, found.account) == ("role.gained", "corp-oidc", "ada")
    assert (found.reference, found.at) == ("KXBQWNRT", NOW)
    assert found.detail == {"role": "deployer", "because": ["groups has /engineering/platform"]}


def test_what_is_not_in_the_catalogue_is_not_kept():
    with pytest.raises(DetailNotAllowed):
        record(Event.LOGIN_FAILED, actor="x", detail={"password": "x"}, at=NOW)
    assert not AuditEvent.objects.exists()


def test_an_address_with_an_endless_slug_still_leaves_an_event():
    slug = "x" * 5000
    record(Event.LOGIN_FAILED, actor=slug, detail={"provider": slug}, at=NOW)
    assert AuditEvent.objects.get().actor == "x" * 200
