"""Inviting somebody in the console: made, looked at, sent again, withdrawn."""

from typing import Any

import pytest
from django.contrib.auth.models import Group

from provisioning.models import Invitation
from tests.gateway.api.programs import corp
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = pytest.mark.usefixtures("db", "redis_url")
LIST = "/admin/provisioning/invitation/"


@pytest.fixture
def said() -> dict[str, Any]:
    Group.objects.create(name="guest")
    slug = corp(enabled=True).slug
    return {
        "address": "ada@corp.example",
        "provider": slug,
        "roles": ["guest"],
        "last_day": "2999-12-31",
        "days": "7",
    }


def test_somebody_is_invited_and_the_list_says_what_becomes_of_it(said: dict[str, Any]) -> None:
    client = browser_of(staff())
    page = client.post(f"{LIST}add/", said)
    assert page.status_code == 302
    row = Invitation.objects.get()
    assert (row.address, row.provider, row.roles) == (said["address"], said["provider"], ["guest"])
    assert f"{row.ends_at:%Y-%m-%d %H:%M}" == "3000-01-01 00:00"
    shown = client.get(LIST).content.decode()
    assert "Waits for her" in shown
    assert "hand the link on yourself" in shown
    assert f"/invited/{row.pk}" in client.get(f"{LIST}{row.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"address": ""}, "This field is required"),
        ({"address": "nobody"}, "is no plain e-mail address"),
        ({"address": "a\0b@corp.example"}, "Null characters are not allowed"),
        ({"provider": "nobody"}, "not one of the available choices"),
        ({"roles": ["no-such-role"]}, "not one of the available choices"),
        ({"last_day": "2020-01-01"}, "must be later than the last day of the invitation"),
        ({"last_day": "9999-12-31"}, "Leave it empty for no end"),
        ({"last_day": "x"}, "Enter a valid date"),
        ({"days": "31"}, "less than or equal to 30"),
    ],
)
def test_what_no_invitation_can_be_is_told_beside_its_field(
    said: dict[str, Any], wrong: dict[str, Any], told: str
) -> None:
    page = browser_of(staff()).post(f"{LIST}add/", said | wrong)
    assert page.status_code == 200
    assert told in page.content.decode()
    assert not Invitation.objects.exists()


def test_it_is_withdrawn_and_then_neither_sent_nor_withdrawn_again(said: dict[str, Any]) -> None:
    client = browser_of(staff())
    client.post(f"{LIST}add/", said)
    chosen = {"_selected_action": [str(Invitation.objects.get().pk)]}
    sent = client.post(LIST, chosen | {"action": "send_again"}, follow=True)
    assert "One is sent again." in sent.content.decode()
    done = client.post(LIST, chosen | {"action": "withdraw"}, follow=True)
    assert "One was withdrawn." in done.content.decode()
    assert Invitation.objects.get().withdrawn_at is not None
    for action in ("send_again", "withdraw"):
        told = client.post(LIST, chosen | {"action": action}, follow=True)
        assert "ada@corp.example: " in told.content.decode()


def test_whoever_may_look_may_not_invite(said: dict[str, Any]) -> None:
    client = browser_of(staff(permissions="view_invitation"))
    assert client.get(LIST).status_code == 200
    assert client.post(f"{LIST}add/", said).status_code == 403
    assert not Invitation.objects.exists()
