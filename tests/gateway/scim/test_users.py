"""People who are pushed: an account before they come, roles by groups, and the end at once."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.audit.models import AuditEvent
from provisioning.models import Account, LastIdentity, LinkedIdentity
from provisioning.scim.models import ScimUser
from provisioning.scim.resources import ENTERPRISE
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import browser_of, lives, start
from tests.gateway.scim.pushing import (
    ISSUER,
    Pusher,
    account,
    connected,
    refused,
    roles,
    rules,
    user,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


# Her row, account, identities, profile, roles and record; of PostgreSQL, which is asked for locks.
STATEMENTS = 43


@pytest.fixture
def okta() -> Pusher:
    return Pusher(connected())


def test_whoever_is_pushed_has_an_account_and_her_roles_before_she_comes(okta: Pusher) -> None:
    rules(("admins", "deployer"))
    ada = okta.user()
    okta.group("admins", ada)
    person = account()
    assert (person.name, person.email, person.last_login) == ("Ada", "ada@corp.example", None)
    assert roles() == ["deployer"]
    linked = LinkedIdentity.objects.get()
    assert (linked.issuer, linked.subject) == ("urn:gatehouse:scim:okta", ada["id"])
    assert (linked.account, linked.provider) == (person, "corp")
    assert LastIdentity.objects.get().linked_identity == linked
    gained = AuditEvent.objects.get(event="role.gained")
    assert (gained.actor, gained.account) == ("scim:okta", str(person.pk))
    assert gained.detail["because"] == ['groups: "admins"']


def test_what_is_pushed_is_served_as_it_was_sent(okta: Pusher) -> None:
    sent = user(**{ENTERPRISE: {"department": "Crew", "manager": {"value": "7"}}, "password": "x"})
    made = okta.made("/Users", sent)
    again = okta.get(f"/Users/{made['id']}")
    assert again.json() == made
    assert {name: made[name] for name in sent.keys() - {"password"}} == {
        name: value for name, value in sent.items() if name != "password"
    }
    place = f"http://gateway.corp.localhost:8000/scim/v2/okta/Users/{made['id']}"
    assert (made["meta"]["location"], made["meta"]["version"]) == (place, 'W/"1"')
    assert again["ETag"] == 'W/"1"'
    assert "x" not in ScimUser.objects.get().content.values()


def test_who_is_set_inactive_is_out_before_the_answer(okta: Pusher) -> None:
    rules(("admins", "deployer"))
    ada = okta.user()
    okta.group("admins", ada)
    session = start(account())
    browser = browser_of(account())
    assert okta.patch(ada, {"op": "replace", "value": {"active": False}}).status_code == 200
    assert not lives(session.handle)
    assert not account().is_active
    assert roles() == []
    assert browser.get("/").status_code == 302
    assert okta.get(f"/Users/{ada['id']}").json()["active"] is False


def test_who_is_set_active_again_has_her_roles_back(okta: Pusher) -> None:
    rules(("admins", "deployer"))
    ada = okta.user()
    okta.group("admins", ada)
    for active in (False, True):
        okta.patch(ada, {"op": "replace", "path": "active", "value": active})
    assert account().is_active
    assert roles() == ["deployer"]
    assert Account.objects.count() == 1


def test_who_is_deleted_is_out_and_unseen(okta: Pusher) -> None:
    ada = okta.user()
    okta.group("admins", ada)
    session = start(account())
    assert okta.send("DELETE", f"/Users/{ada['id']}").status_code == 204
    assert not lives(session.handle)
    assert not account().is_active
    refused(okta.get(f"/Users/{ada['id']}"), 404)
    refused(okta.send("DELETE", f"/Users/{ada['id']}"), 404)
    assert okta.get("/Users").json()["totalResults"] == 0
    assert "members" not in okta.get("/Groups").json()["Resources"][0]


def test_who_was_deleted_comes_back_to_her_own_account_by_her_external_id(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    okta.send("DELETE", f"/Users/{ada['id']}")
    again = okta.user(externalId="00u1")
    assert again["id"] == ada["id"]
    assert account().is_active
    assert Account.objects.count() == 1


def test_a_namesake_of_who_was_deleted_is_somebody_else(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    okta.send("DELETE", f"/Users/{ada['id']}")
    okta.user(externalId="00u2", emails=[])
    assert not account().is_active
    assert Account.objects.get(username="ada@corp.example-2").is_active


def test_while_redis_is_silent_nobody_is_half_gone(okta: Pusher) -> None:
    ada = okta.user()
    session = start(account())
    with silent_redis():
        answer = okta.patch(ada, {"op": "replace", "path": "active", "value": False})
    refused(answer, 503)
    assert answer["Retry-After"]
    assert account().is_active
    assert lives(session.handle)
    assert ScimUser.objects.get().active


def test_a_person_made_inactive_has_no_way_in(okta: Pusher) -> None:
    okta.user(active=False)
    assert not account().is_active


def test_scim_reopens_nobody_whom_an_administrator_closed(okta: Pusher) -> None:
    ada = okta.user()
    close(account().pk)
    for active in (False, True):
        okta.patch(ada, {"op": "replace", "path": "active", "value": active})
    assert not account().is_active


def test_her_first_sign_in_finds_the_account_if_external_id_is_her_subject() -> None:
    okta = Pusher(connected(external_id_is_subject=True))
    ada = okta.user(externalId="00u1")
    subjects = LinkedIdentity.objects.values_list("issuer", "subject", "account")
    person = account().pk
    assert sorted(subjects) == [
        (ISSUER, "00u1", person),
        ("urn:gatehouse:scim:okta", ada["id"], person),
    ]
    answer = okta.patch(ada, {"op": "replace", "path": "externalId", "value": "00u2"})
    assert "becomes nobody else" in refused(answer, 400, "mutability")


def test_who_signed_in_before_she_was_pushed_keeps_her_account() -> None:
    okta = Pusher(connected(external_id_is_subject=True))
    now = timezone.now()
    before = Account.objects.create(username="ada@corp.example")
    LinkedIdentity.objects.create(
        account=before,
        issuer=ISSUER,
        subject="00u1",
        provider="corp",
        first_seen=now,
        last_seen=now,
    )
    okta.user(externalId="00u1")
    assert Account.objects.get() == before
    okta.user("ben", externalId="00u9")
    assert Account.objects.count() == 2


@pytest.mark.parametrize("field", ["userName", "externalId"])
def test_two_people_of_one_connection_share_no_name(okta: Pusher, field: str) -> None:
    okta.user(externalId="00u1")
    said = {"userName": "ADA@corp.example"} if field == "userName" else {"externalId": "00u1"}
    refused(okta.send("POST", "/Users", user("ben") | said), 409, "uniqueness")
    assert Account.objects.count() == 1
    ben = okta.user("ben")
    refused(okta.send("PUT", f"/Users/{ben['id']}", user("ben") | said), 409, "uniqueness")


def test_a_change_of_another_state_than_was_read_is_refused(okta: Pusher) -> None:
    ada = okta.user()
    path, step = f"/Users/{ada['id']}", {"op": "replace", "path": "title", "value": "Dr."}
    assert okta.patch(ada, step, If_Match='W/"1"').status_code == 200
    refused(okta.patch(ada, step, If_Match='W/"1"'), 412)
    refused(okta.send("PUT", path, user(), If_Match='"1"'), 412)
    refused(okta.send("DELETE", path, If_Match='W/"1"'), 412)
    assert okta.send("PUT", path, user(), If_Match='W/"1", "2"').status_code == 200
    assert okta.get(path, If_None_Match='W/"3"').status_code == 304
    assert okta.get(path, If_None_Match='W/"2"').status_code == 200
    assert okta.send("DELETE", path, If_Match="*").status_code == 204


def test_what_changes_nothing_is_no_new_version(okta: Pusher) -> None:
    ada = okta.user()
    same = {"op": "replace", "path": "displayName", "value": "Ada"}
    assert okta.patch(ada, same)["ETag"] == 'W/"1"'
    assert okta.send("PUT", f"/Users/{ada['id']}", user())["ETag"] == 'W/"1"'


def test_to_make_a_person_takes_no_more_statements_than_it_needs() -> None:
    okta = Pusher(connected(external_id_is_subject=True))
    okta.user("ben", externalId="00u0")
    with CaptureQueriesContext(database) as seen:
        okta.user(externalId="00u1")
    assert len(seen) <= STATEMENTS, "\n".join(one["sql"][:120] for one in seen)


def test_put_takes_away_what_it_does_not_say(okta: Pusher) -> None:
    ada = okta.user(title="Dr.")
    assert "title" not in okta.send("PUT", f"/Users/{ada['id']}", user()).json()


def test_the_profile_follows(okta: Pusher) -> None:
    ada = okta.user()
    okta.patch(ada, {"op": "replace", "value": {"displayName": "Ada Byron"}})
    assert account().name == "Ada Byron"


def test_one_asks_for_some_attributes_or_for_all_but_some(okta: Pusher) -> None:
    ada = okta.user()
    some = okta.get(f"/Users/{ada['id']}?attributes=userName,emails.value").json()
    assert some.keys() - {"schemas"} == {"id", "userName", "emails"}
    assert some["emails"] == [{"value": "ada@corp.example"}]
    rest = okta.get(f"/Users/{ada['id']}?excludedAttributes=emails,meta").json()
    assert not {"emails", "meta"} & rest.keys()
    assert "displayName" in rest


def test_of_a_provider_that_is_off_nobody_is_made_and_everybody_can_go(okta: Pusher) -> None:
    ada = okta.user()
    okta.connection.provider.enabled = False
    okta.connection.provider.save()
    assert "switched off" in refused(okta.send("POST", "/Users", user("ben")), 403)
    assert okta.send("DELETE", f"/Users/{ada['id']}").status_code == 204
    assert not account().is_active


def test_me_is_what_the_connection_says_of_who_is_signed_in(okta: Pusher) -> None:
    ada = okta.user()
    me = browser_of(account()).get("/scim/v2/okta/Me")
    assert me.json() == okta.get(f"/Users/{ada['id']}").json()
    refused(okta.get("/Me"), 403)
    ben = Account.objects.create(username="ben")
    refused(browser_of(ben).get("/scim/v2/okta/Me"), 404)
    refused(browser_of(None).get("/scim/v2/okta/Me"), 401)
    assert refused(browser_of(account()).delete("/scim/v2/okta/Me"), 405)


def test_no_session_writes(okta: Pusher) -> None:
    okta.user()
    refused(browser_of(account()).get("/scim/v2/okta/Users"), 401)


def test_times_are_those_of_the_change(okta: Pusher) -> None:
    ada = okta.user()
    okta.patch(ada, {"op": "replace", "path": "title", "value": "Dr."})
    row = ScimUser.objects.get()
    assert row.created_at < row.modified_at < row.created_at + timedelta(minutes=1)
