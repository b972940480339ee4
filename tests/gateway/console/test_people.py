"""People in the console: closing, reopening, signing out, giving roles; always seen before done."""

import pytest
from django.contrib.auth.models import Group, Permission

from gateway.audit.models import AuditEvent
from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.models import SignIn
from mapping import models as mapping_models
from provisioning.models import Account, DeniedRole, HeldRole
from tests.gateway.console.company import NOON as NOW
from tests.gateway.pages.signed_in import (
    account,
    browser_of,
    held_by_rule,
    linked,
    lives,
    role,
    staff,
    start,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

PEOPLE, HELD = "/admin/provisioning/account/", "/admin/provisioning/heldrole/"
AUDIT = "/admin/audit/auditevent/"


def ask(client, action: str, *people, confirmed: bool = False):
    fields = {"action": action, "_selected_action": [str(person.pk) for person in people]}
    return client.post(PEOPLE, fields | ({"confirmed": "1"} if confirmed else {}))


def test_closing_first_says_who_and_how_many_browsers() -> None:
    ada, client = account("ada"), browser_of(staff())
    sessions = [start(ada), start(ada)]
    page = ask(client, "deactivate", ada).content.decode()
    assert "Ada Byron" in page
    assert "signed out of 2 browsers" in page
    ada.refresh_from_db()
    assert ada.is_active
    assert all(lives(session.handle) for session in sessions)


def test_closing_ends_everything_and_is_on_record_with_who_did_it() -> None:
    ada, dora = account("ada"), staff()
    session = start(ada)
    ask(browser_of(dora), "deactivate", ada, confirmed=True)
    ada.refresh_from_db()
    assert not ada.is_active
    assert not lives(session.handle)
    event = AuditEvent.objects.get(event="account.deactivated")
    assert (event.account, event.actor) == (str(ada.pk), str(dora.pk))


def test_a_closed_account_can_be_reopened() -> None:
    ada, client = account("ada"), browser_of(staff())
    ask(client, "deactivate", ada, confirmed=True)
    ask(client, "reactivate", ada, confirmed=True)
    ada.refresh_from_db()
    assert ada.is_active


def test_signing_out_everywhere_ends_the_sessions_of_the_chosen_alone() -> None:
    ada, ben, client = account("ada"), account("ben"), browser_of(staff())
    hers, his = start(ada), start(ben)
    ask(client, "end_sessions", ada, confirmed=True)
    assert not lives(hers.handle)
    assert lives(his.handle)


@pytest.mark.parametrize("action", ["deactivate", "reactivate", "end_sessions", "delete_selected"])
def test_whoever_may_only_look_can_do_nothing_to_anybody(action: str) -> None:
    ada, client = account("ada"), browser_of(staff(permissions="view_account"))
    session = start(ada)
    ask(client, action, ada, confirmed=True)
    ada.refresh_from_db()
    assert ada.is_active
    assert lives(session.handle)


def test_no_field_of_an_account_can_be_written() -> None:
    ada, client = account("ada"), browser_of(staff())
    answer = client.post(f"{PEOPLE}{ada.pk}/change/", {"username": "root", "is_staff": "on"})
    ada.refresh_from_db()
    assert answer.status_code == 403
    assert (ada.username, ada.is_staff) == ("ada", False)


def test_an_account_shows_its_roles_with_their_reasons_and_who_vouches() -> None:
    ada = account("ada")
    held_by_rule(ada, role("deployer"), linked(ada, "subject-of-ada"))
    page = browser_of(staff()).get(f"{PEOPLE}{ada.pk}/change/").content.decode()
    assert "engineers-deploy" in page
    assert "groups: &quot;/engineering/platform&quot;" in page
    assert "subject-of-ada" in page


def test_a_table_of_what_she_has_none_of_is_left_out() -> None:
    dora, ada = staff(), account("ada")
    identity, browser = linked(ada), browser_of(dora)
    address, filled = f"/admin/provisioning/account/{ada.pk}/change/", "Denied roles: they"
    assert filled not in browser.get(address).content.decode()
    group = role("deployer")
    DeniedRole.objects.create(
        account=ada, role=group, linked_identity=identity, rule="r", ruleset_version=1, since=NOW
    )
    page = browser.get(address).content.decode()
    assert filled in page
    assert "What describes the account" not in page


def test_a_role_is_given_by_hand_after_it_was_said_what_follows_and_taken_back() -> None:
    ada, group, dora = account("ada"), role("auditor"), staff()
    client, at = browser_of(dora), f"/console/people/{ada.pk}/roles/"
    page = client.get(f"{at}give/", {"role": "auditor"}).content.decode()
    assert "Give auditor to Ada Byron" in page
    assert "She gains:" in page
    assert not HeldRole.objects.exists()
    assert client.post(f"{at}give/", {"role": "auditor"}).status_code == 303
    held = HeldRole.objects.get()
    assert (held.origin, held.given_by, held.role) == ("hand", str(dora.pk), group)
    assert f"{at}{held.pk}/take/" in client.get(f"{PEOPLE}{ada.pk}/change/").content.decode()
    page = client.get(f"{at}{held.pk}/take/").content.decode()
    assert "Take auditor from Ada Byron" in page
    assert "She loses:" in page
    assert HeldRole.objects.exists()
    assert client.post(f"{at}{held.pk}/take/").status_code == 303
    assert not HeldRole.objects.exists()
    assert not ada.groups.exists()


def test_what_is_said_to_follow_names_what_is_outranked_and_the_apps_that_ask() -> None:
    ada, client = account("ada"), browser_of(staff())
    for name in ("clerk", "boss"):
        role(name)
    mapping_models.publish(
        {"rules": [], "exclusive_roles": [["boss", "clerk"]]}, based_on=0, by="dora", now=NOW
    )
    RelyingParty.objects.create(
        slug="wiki",
        name="The Wiki",
        origins=["https://wiki.corp.example"],
        access=[{"path": "/", "roles": ["boss"], "public": False}],
    )
    start(ada)
    at = f"/console/people/{ada.pk}/roles/give/"
    client.post(at, {"role": "clerk"})
    page = client.get(at, {"role": "boss"}).content.decode()
    assert "<strong>boss</strong>" in page
    assert "<strong>clerk</strong>" in page
    assert "The Wiki" in page
    assert "on one browser" in page
    assert AuditEvent.objects.filter(event="role.gained").count() == 1


@pytest.mark.parametrize("name", ["zoe", "a\0b", "x" * 10_000])
def test_a_role_that_there_is_not_is_refused_beside_the_field(name: str) -> None:
    client, at = browser_of(staff()), f"/console/people/{account('ada').pk}/roles/give/"
    assert "There is no such role." in client.get(at, {"role": name}).content.decode()
    assert "There is no such role." in client.post(at, {"role": name}).content.decode()
    assert not HeldRole.objects.exists()


def test_a_role_that_a_rule_gave_cannot_be_taken_by_hand() -> None:
    ada, ben, client = account("ada"), account("ben"), browser_of(staff())
    held = held_by_rule(ada, role("deployer"), linked(ada))
    client.post(f"/console/people/{ben.pk}/roles/give/", {"role": "deployer"})
    hand = HeldRole.objects.get(origin="hand")
    for row in (held, hand):  # neither of a rule, nor somebody else's
        address = f"/console/people/{ada.pk}/roles/{row.pk}/take/"
        assert client.post(address).status_code == 404
    assert HeldRole.objects.count() == 2


@pytest.mark.parametrize("past", [f"{HELD}add/", f"{HELD}1/delete/"])
def test_roles_are_given_and_taken_on_a_persons_page_alone(past: str) -> None:
    assert browser_of(staff()).post(past, {"post": "yes"}).status_code in {302, 403}


def test_roles_by_hand_cannot_be_deleted_past_the_flow() -> None:
    ada, client = account("ada"), browser_of(staff())
    role("auditor")
    client.post(f"/console/people/{ada.pk}/roles/give/", {"role": "auditor"})
    chosen = [str(HeldRole.objects.get().pk)]
    client.post(HELD, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert HeldRole.objects.exists()


def test_a_break_glass_account_is_given_no_role_and_keeps_the_one_that_opens_the_console() -> None:
    door = Account.objects.create(username="door", kind="breakglass")
    role("auditor")
    staff_role, _ = Group.objects.get_or_create(name="gatehouse-admin")
    held = HeldRole.objects.create(
        account=door, role=staff_role, origin="hand", given_by="operator", since=NOW
    )
    client, at = browser_of(staff()), f"/console/people/{door.pk}/roles/"
    page = client.get(f"{PEOPLE}{door.pk}/change/").content.decode()
    assert f"{at}give/" not in page
    assert f"{at}{held.pk}/take/" not in page
    for verb in (client.get, client.post):
        answer = verb(f"{at}give/", {"role": "auditor"})
        assert answer.status_code == 409
        assert "opens the console and no other" in answer.content.decode()
        assert verb(f"{at}{held.pk}/take/").status_code == 404
    assert [row.pk for row in HeldRole.objects.filter(account=door)] == [held.pk]


@pytest.mark.parametrize("permissions", ["view_account", "view_account change_account"])
def test_whoever_may_not_hand_out_roles_hands_out_none(permissions: str) -> None:
    ada, client = account("ada"), browser_of(staff(permissions=permissions))
    role("auditor")
    for verb in (client.get, client.post):
        at = f"/console/people/{ada.pk}/roles/"
        assert verb(f"{at}give/", {"role": "auditor"}).status_code == 403
        assert verb(f"{at}1/take/").status_code == 403
    assert "roles/give" not in client.get(f"{PEOPLE}{ada.pk}/change/").content.decode()


def test_the_record_is_found_by_the_code_and_cannot_be_changed() -> None:
    client = browser_of(staff())
    AuditEvent.objects.create(
        at="2026-03-02T08:41Z", event="login.failed", actor="corp", reference="KFWTRMCA", detail={}
    )
    other = AuditEvent.objects.create(
        at="2026-03-02T08:42Z", event="login.succeeded", actor="corp", reference="BBBBBBBB"
    )
    page = client.get(f"{AUDIT}?q=KFWTRMCA").content.decode()
    assert "login.failed" in page
    assert "BBBBBBBB" not in page
    assert client.get(f"{AUDIT}{other.pk}/change/").status_code == 200
    assert client.get(f"{AUDIT}add/").status_code == 403
    assert client.post(f"{AUDIT}{other.pk}/change/", {"event": "x"}).status_code == 403
    assert client.post(f"{AUDIT}{other.pk}/delete/", {"post": "yes"}).status_code == 403


def test_what_is_on_record_is_text_whatever_it_says() -> None:
    client = browser_of(staff())
    AuditEvent.objects.create(
        at="2026-03-02T08:41Z",
        event="login.failed",
        actor="<script>x</script>",
        detail={"problem": "<img src=x onerror=alert(1)>"},
    )
    page = client.get(AUDIT).content.decode()
    assert "<script>x" not in page
    assert "<img src=x" not in page


def test_where_else_she_is_signed_in_from_is_for_whoever_may_see_sessions() -> None:
    ada = account("ada")
    token, ended = start(ada, client="Firefox on Windows"), start(ada)
    for handle, client in ((token.handle, "<b>Chrome"), (ended.handle, "Edge")):
        also = [{"client": client, "country": "FR", "at": "2026-03-02T14:02:00+00:00"}]
        SignIn.objects.filter(handle=handle).update(also=also)
    SignIn.objects.filter(handle=ended.handle).update(ended_at=NOW)
    address = f"{PEOPLE}{ada.pk}/change/"
    desk = staff("dora", permissions="view_account view_session")
    page = browser_of(desk).get(address).content.decode()
    assert "&lt;b&gt;Chrome, FR" in page
    assert "2026-03-02 14:02 UTC" in page
    assert "Edge, FR" not in page
    desk.groups.get().permissions.remove(Permission.objects.get(codename="view_session"))
    page = browser_of(desk).get(address).content.decode()
    assert "Chrome, FR" not in page
