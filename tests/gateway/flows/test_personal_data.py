"""What SCIM connections and directories told of somebody is handed out with the rest, and goes."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from gateway.flows import personal_data
from gateway.relying_parties.models import RelyingParty
from provisioning.directories.models import Difference, Directory, Member, Run
from provisioning.errors import AccountClosed
from provisioning.models import Account, LinkedIdentity, Source
from provisioning.scim.models import ScimUser, ScimValue
from tests.gateway.leaving import close, reopen
from tests.gateway.scim.pushing import Pusher, account, connected, refused, signs_in, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

HERS = {"externalId": "00u1", "title": "Countess"}


@pytest.fixture
def okta() -> Pusher:
    """Its externalId names who signs in; its provider's directory knows the same people."""
    return Pusher(connected(external_id_is_subject=True))


def in_directory(okta: Pusher, *subjects: str) -> Directory:
    now, provider = timezone.now(), okta.connection.provider
    directory = Directory.objects.create(slug="people", name="People", provider=provider)
    run = Run.objects.create(directory=directory, begun_at=now, not_before=now, state="planned")
    for subject in subjects:
        Member.objects.create(directory=directory, subject=subject)
        Difference.objects.create(run=run, subject=subject, act=Difference.Act.CHANGE)
    return directory


def erase(person: Account) -> None:
    personal_data.erase(
        account=str(person.pk), actor="dora", source=Source.COMMAND, now=timezone.now()
    )


def export(person: Account) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        personal_data.export(account=str(person.pk), actor="dora", now=timezone.now())
    )
    return found


def everything() -> str:
    rows = (row for model in apps.get_models() for row in model._base_manager.values())
    return "\n".join(str(row) for row in rows)


def test_nothing_of_what_scim_and_a_directory_told_of_an_erased_person_is_left(
    okta: Pusher,
) -> None:
    okta.group("crew", okta.user(**HERS), okta.user("ben", externalId="00u2"))
    in_directory(okta, "00u1", "00u2")
    hers = ("ada@corp.example", "Ada", "Countess", "00u1")
    assert all(each in everything() for each in hers)
    erase(account())
    left = everything()
    assert [each for each in hers if each in left] == []
    assert ScimUser.objects.get().external_id == "00u2"
    assert set(ScimValue.objects.values_list("user__external_id", flat=True)) == {"00u2"}
    assert Member.objects.get().subject == Difference.objects.get().subject == "00u2"
    assert okta.names('displayName eq "crew"', of="Groups") == ["crew"]


def test_who_was_deleted_there_or_joined_to_nobody_goes_as_well(okta: Pusher) -> None:
    deleted = okta.user(externalId="00u1")
    okta.send("DELETE", f"/Users/{deleted['id']}")
    signs_in("00u2", "ben")
    ScimUser.objects.filter(pk=okta.user("eve", externalId="00u3")["id"]).update(external_id="00u2")
    LinkedIdentity.objects.filter(subject="00u3").delete()
    ScimUser.objects.filter(external_id="00u2").update(linked_identity=None)
    erase(account())
    assert not ScimUser.objects.filter(pk=deleted["id"]).exists()
    erase(Account.objects.get(username="ben"))
    assert not ScimUser.objects.exists()


@pytest.mark.parametrize("way", ["get", "patch", "put", "delete"])
def test_late_news_of_an_erased_person_finds_nobody_and_brings_nothing_back(
    okta: Pusher, way: str
) -> None:
    ada = okta.user(**HERS)
    at = f"/Users/{ada['id']}"
    erase(account())
    match way:
        case "get":
            answer = okta.get(at)
        case "patch":
            answer = okta.patch(ada, {"op": "replace", "value": {"active": True}})
        case "put":
            answer = okta.send("PUT", at, user(**HERS))
        case _:
            answer = okta.send("DELETE", at)
    refused(answer, 404)
    assert "Countess" not in everything()
    assert Account.objects.get().username.startswith("erased-")


def test_no_sign_in_lets_in_whom_the_connection_cannot_let_go_any_more(okta: Pusher) -> None:
    """The connection's word that she must go would find no resource."""
    okta.user(**HERS)
    erase(account())
    with pytest.raises(AccountClosed):
        signs_in("00u1")
    okta.user(**HERS)
    assert signs_in("00u1") == account()
    assert account().is_active
    assert Account.objects.count() == 2


def test_what_scim_told_her_departures_and_her_directories_are_in_the_export(
    okta: Pusher,
) -> None:
    okta.group("crew", okta.user(**HERS))
    in_directory(okta, "00u1", "00u2")
    RelyingParty.objects.create(slug="wiki", name="Wiki", endings_url="https://wiki.example/ended")
    close(account().pk)
    reopen(account().pk)
    document = export(account())
    [told] = document["scim"]
    assert (told["connection"], told["content"]["title"]) == ("okta", "Countess")
    assert told["groups"] == ["crew"]
    assert document["directories"] == [{"directory": "people", "subject": "00u1", "out": False}]
    [departure] = document["departures"]
    assert departure["act"] == "close"
    assert [each["app"] for each in departure["told"]] == ["wiki"]
