"""What a connection said last of somebody holds: whoever it let go stays out, by whichever way she
comes, until the same connection says otherwise.
"""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from gateway.flows import inbox
from gateway.flows.foretell import foretold
from gateway.flows.inbox import Source
from gateway.flows.personal_data.erasing import erase
from providers.identity import Subject
from provisioning.errors import AccountClosed
from provisioning.models import Account, Closure, LinkedIdentity, ToldGone
from provisioning.scim.models import ScimConnection, ScimUser
from tests.gateway.flows.mapping.staff import identity
from tests.gateway.pages.signed_in import lives, start
from tests.gateway.scim.pushing import (
    ISSUER,
    Pusher,
    account,
    connected,
    refused,
    signs_in,
    switched,
    user,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

OFF = {"op": "replace", "path": "active", "value": False}
ON = {"op": "replace", "path": "active", "value": True}


@pytest.fixture
def okta() -> Pusher:
    """Its externalId names who signs in."""
    return Pusher(connected(external_id_is_subject=True))


def silent(name: str = "ada", **said: object) -> dict[str, object]:
    """She, without a word of whether she is active."""
    told = user(name, **said)
    del told["active"]
    return told


def erased() -> None:
    erase(account=str(account().pk), actor="dora", source=Source.COMMAND, now=timezone.now())


def test_put_that_says_nothing_of_it_leaves_her_inactive_or_active(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    at = f"/Users/{ada['id']}"
    okta.patch(ada, OFF)
    told = okta.send("PUT", at, silent(externalId="00u1", title="Dr.")).json()
    assert (told["active"], told["title"]) == (False, "Dr.")
    assert not account().is_active
    okta.patch(ada, ON)
    assert okta.send("PUT", at, silent(externalId="00u1")).json()["active"] is True
    assert account().is_active


@pytest.mark.parametrize(
    "step",
    [
        {"op": "remove", "path": "active"},
        {"op": "replace", "path": "active", "value": None},
        {"op": "replace", "value": {"title": "Dr."}},
    ],
    ids=["removed", "none", "something-else"],
)
def test_no_patch_brings_her_back_by_leaving_it_out(okta: Pusher, step: dict[str, Any]) -> None:
    ada = okta.user(externalId="00u1")
    okta.patch(ada, OFF)
    okta.patch(ada, step)
    assert not account().is_active
    assert okta.get(f"/Users/{ada['id']}").json()["active"] is False


def test_who_was_deleted_and_is_sent_again_is_active_only_if_that_is_said(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    okta.send("DELETE", f"/Users/{ada['id']}")
    again = okta.made("/Users", silent(externalId="00u1"))
    assert (again["id"], again["active"]) == (ada["id"], False)
    assert not account().is_active
    okta.patch(again, ON)
    assert account().is_active


def test_late_news_of_who_was_deleted_finds_nobody(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    at = f"/Users/{ada['id']}"
    okta.send("DELETE", at)
    refused(okta.patch(ada, ON), 404)
    refused(okta.send("PUT", at, user(externalId="00u1")), 404)
    assert not account().is_active


@pytest.mark.parametrize("end", ["deleted", "inactive"])
def test_no_sign_in_lets_in_whom_the_connection_let_go(okta: Pusher, end: str) -> None:
    ada = okta.user(externalId="00u1")
    assert signs_in("00u1") == account()
    if end == "deleted":
        okta.send("DELETE", f"/Users/{ada['id']}")
    else:
        okta.patch(ada, OFF)
    with pytest.raises(AccountClosed):
        signs_in("00u1")
    erased()  # of her account nothing is left by which she would be known
    with pytest.raises(AccountClosed):
        signs_in("00u1", "ada2")
    assert Account.objects.count() == 1


def test_whom_no_account_knew_when_she_was_let_go_gets_none(okta: Pusher) -> None:
    switched(okta.connection, on=False)
    told = okta.made("/Users", user(externalId="00u1", active=False))
    assert not Account.objects.exists()
    switched(okta.connection, on=True)
    with pytest.raises(AccountClosed):
        signs_in("00u1")
    assert not Account.objects.exists()
    okta.patch(told, ON)
    assert signs_in("00u1") == account()


def test_another_connection_opens_nothing_and_makes_nobody(okta: Pusher) -> None:
    entra = Pusher(connected("entra", external_id_is_subject=True))
    ada = okta.user(externalId="00u1")
    okta.send("DELETE", f"/Users/{ada['id']}")
    hers = entra.user(externalId="00u1")
    assert not account().is_active
    for step in (OFF, ON):
        entra.patch(hers, step)
    assert not account().is_active
    erased()
    ScimUser.objects.filter(connection=entra.connection).delete()
    refused(entra.send("POST", "/Users", user(externalId="00u1")), 403)
    assert Account.objects.count() == 1
    ben = entra.user("ben")
    refused(entra.patch(ben, {"op": "add", "path": "externalId", "value": "00u1"}), 403)
    with pytest.raises(AccountClosed):
        signs_in("00u1", "ben")


def test_no_directory_brings_her_back(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    okta.send("DELETE", f"/Users/{ada['id']}")
    erased()
    subject = Subject(issuer=ISSUER, value="00u1")
    who = replace(identity("ada", at="corp"), subject=subject)
    with pytest.raises(AccountClosed):
        foretold(who, actor="directory:corp", now=timezone.now())
    assert Account.objects.count() == 1


def test_the_account_that_she_made_elsewhere_ends_as_well(okta: Pusher) -> None:
    """She took her identity off the account that was pushed, and came by it again."""
    ada = okta.user(externalId="00u1")
    pushed = account()
    LinkedIdentity.objects.filter(issuer=ISSUER).delete()
    other = signs_in("00u1", "ada-of-her-own")
    session = start(other)
    assert other != pushed
    okta.patch(ada, OFF)
    assert not lives(session.handle)
    assert not Account.objects.filter(is_active=True).exists()


def test_a_connection_that_is_made_anew_takes_back_its_own_word(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    okta.send("DELETE", f"/Users/{ada['id']}")
    ScimConnection.objects.all().delete()
    assert not account().is_active
    with pytest.raises(AccountClosed):
        signs_in("00u1")
    again = Pusher(connected(external_id_is_subject=True))
    again.user(externalId="00u1")
    assert account().is_active
    assert not ToldGone.objects.exists()


def test_what_is_kept_of_it_names_nobody(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    okta.patch(ada, OFF)
    row = ToldGone.objects.values().get()
    assert (row["source"], row["by"]) == ("scim", "scim:okta")
    assert len(row["key"]) == 64
    assert "00u1" not in str(row)


def test_an_administrator_who_opens_her_account_takes_back_whatever_was_said(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    okta.patch(ada, OFF)
    inbox.reopen(
        account=str(account().pk),
        source=Source.CONSOLE,
        by="dora",
        cause="a mistake",
        at=timezone.now(),
    )
    assert account().is_active
    assert not ToldGone.objects.exists()
    assert not Closure.objects.exists()


@pytest.mark.parametrize("way", ["patch", "put"])
def test_who_was_opened_meanwhile_goes_when_it_is_said_again(okta: Pusher, way: str) -> None:
    ada = okta.user(externalId="00u1")
    said = okta.patch(ada, OFF).json()
    inbox.reopen(
        account=str(account().pk),
        source=Source.CONSOLE,
        by="dora",
        cause="a mistake",
        at=timezone.now(),
    )
    session = start(account())
    if way == "patch":
        again = okta.patch(ada, OFF)
    else:
        again = okta.send("PUT", f"/Users/{ada['id']}", user(externalId="00u1", active=False))
    assert again.json()["meta"]["version"] == said["meta"]["version"]
    assert not lives(session.handle)
    assert not account().is_active
    with pytest.raises(AccountClosed):
        signs_in("00u1")


@pytest.mark.parametrize("way", ["patch", "put", "delete", "post"])
def test_people_go_also_while_the_provider_is_switched_off(okta: Pusher, way: str) -> None:
    told = None if way == "post" else okta.user(externalId="00u1")
    signs_in("00u1", "ada@corp.example")
    session = start(account())
    switched(okta.connection, on=False)
    gone = user(externalId="00u1", active=False)
    match way:
        case "patch":
            answer = okta.patch(told, OFF)
        case "put":
            answer = okta.send("PUT", f"/Users/{told['id']}", gone)
        case "delete":
            answer = okta.send("DELETE", f"/Users/{told['id']}")
        case _:
            answer = okta.send("POST", "/Users", gone)
    assert answer.status_code in {200, 201, 204}, answer.content
    assert not lives(session.handle)
    assert not account().is_active


def test_who_was_never_joined_goes_while_the_provider_is_off(okta: Pusher) -> None:
    """Her resource was made inactive before anybody knew her; she signed in by hand of another."""
    ada = okta.user()
    signs_in("00u1", "ada-of-her-own")
    switched(okta.connection, on=False)
    LinkedIdentity.objects.exclude(issuer=ISSUER).delete()
    told = user(externalId="00u1", active=False)
    assert okta.send("PUT", f"/Users/{ada['id']}", told).status_code == 200
    assert not Account.objects.get(username="ada-of-her-own").is_active
