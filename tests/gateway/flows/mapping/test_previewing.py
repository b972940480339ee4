"""What a change of the rules would do to people, to apps and to whoever makes it."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway.flows.errors import PreviewTooLong
from gateway.flows.mapping import counting, losing, population
from gateway.flows.mapping.counting import count
from gateway.flows.mapping.previewing import blast_radius
from gateway.flows.mapping.trying import replay
from gateway.relying_parties.models import RelyingParty
from mapping import models as mapping_models
from mapping.cel import Cel
from mapping.errors import RuleInvalid
from providers.models import Provider
from provisioning.models import Account, HeldRole, LastIdentity
from tests.gateway.flows.mapping.crowd import (
    NOW,
    by_hand,
    by_rule,
    content,
    denied,
    linked,
    person,
    rule,
    vouched,
)

pytestmark = pytest.mark.django_db
STAFF = "gatehouse-admin"
BEFORE = content(rule("engineers", "/eng", "deployer"), rule("it", "/it", STAFF))


@pytest.fixture(autouse=True)
def _company(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "_kept", None)
    vouched("ada", "/eng/web")
    vouched("ben", "/eng", "/fin")
    vouched("dora", "/it")
    by_rule("cleo", "deployer", "engineers")
    by_hand("emil", "auditor")
    person("fred", active=False)
    mapping_models.publish(BEFORE, based_on=0, by="dora", now=NOW)


def names(people) -> list[str]:
    return [getattr(one, "face", one).username for one in people]


def test_who_gains_and_who_loses_is_told_by_name_and_in_number():
    after = content(rule("engineers", "/eng/web", "deployer"), rule("it", "/it", STAFF),
                    rule("money", "/fin", "payer"))  # fmt: skip
    seen = blast_radius(after, actor=None, now=NOW)
    assert (seen.based_on, seen.accounts, seen.losing, seen.gaining) == (1, 5, 1, 1)
    assert names(seen.people) == ["ben"]
    assert (seen.people[0].loses, seen.people[0].gains) == (("deployer",), ("payer",))
    assert [(r.role, r.before, r.after, r.gains, r.losses) for r in seen.roles] == [
        ("deployer", 3, 2, 0, 1),
        ("payer", 0, 1, 1, 0),
    ]


def test_whose_identity_is_not_kept_is_unknown_and_keeps_what_its_rule_gave():
    seen = blast_radius(BEFORE, actor=None, now=NOW)
    assert seen.unknown == 1
    assert seen.losing == 0
    gone = blast_radius(content(rule("it", "/it", STAFF)), actor=None, now=NOW)
    assert set(names(gone.people)) == {"ada", "ben", "cleo"}


def test_an_identity_that_cannot_be_read_is_unknown():
    LastIdentity.objects.filter(linked_identity=linked("ada")).update(sealed=b"x" * 40)
    by_rule("ada", "deployer", "engineers")
    seen = blast_radius(BEFORE, actor=None, now=NOW)
    assert (seen.unknown, seen.losing) == (2, 0)


def test_what_a_provider_gave_that_is_switched_off_ends_with_the_next_version():
    vouched("hugo", "/eng", provider="off")
    vouched("iris", "/eng", provider="off")
    HeldRole.objects.create(
        account=person("hugo"),
        role=Group.objects.get(name="deployer"),
        origin=HeldRole.Origin.RULE,
        linked_identity=linked("hugo", "off"),
        rule="engineers",
        ruleset_version=1,
        since=NOW,
    )
    Provider.objects.filter(slug="off").update(enabled=False)
    seen = blast_radius(BEFORE, actor=None, now=NOW)
    assert names(seen.people) == ["hugo"]
    assert seen.people[0].loses == ("deployer",)
    assert (seen.losing, seen.gaining, seen.unknown) == (1, 0, 1)
    assert count({"claim": "groups", "below": "/eng"}, provider=None, now=NOW).accounts == 2


def test_what_masks_a_role_of_somebody_unknown_does_so_while_its_rule_is_there():
    by_hand("cleo", "auditor")
    denied("cleo", "auditor", "no-audit")
    masking = content(*BEFORE["rules"], rule("no-audit", "/law", "clerk", denies=["auditor"]))
    assert blast_radius(masking, actor=None, now=NOW).gaining == 0
    mapping_models.publish(masking, based_on=1, by="dora", now=NOW)
    seen = blast_radius(BEFORE, actor=None, now=NOW)
    assert (names(seen.people), seen.people[0].gains) == (["cleo"], ("auditor",))
    cleo = str(person("cleo").pk)
    assert replay(cleo, masking, now=NOW).after.roles == {"deployer"}
    assert replay(cleo, BEFORE, now=NOW).after.roles == {"deployer", "auditor"}


def test_what_a_provider_masked_that_is_switched_off_is_there_again_with_the_next_version():
    vouched("emil", "/law", provider="off")
    denied("emil", "auditor", "no-audit", "off")
    Provider.objects.filter(slug="off").update(enabled=False)
    seen = blast_radius(BEFORE, actor=None, now=NOW)
    assert (names(seen.people), seen.people[0].gains) == (["emil"], ("auditor",))


def test_what_a_hand_gave_stays_and_what_is_masked_is_lost():
    by_hand("ada", "deployer")
    gone = blast_radius(content(rule("it", "/it", STAFF)), actor=None, now=NOW)
    assert "ada" not in names(gone.people)
    without = content(*BEFORE["rules"], rule("no", "/eng/web", "auditor", denies=["deployer"]))
    seen = blast_radius(without, actor=None, now=NOW)
    assert names(seen.people) == ["ada"]
    assert seen.people[0].loses == ("deployer",)


def test_whom_an_app_will_shut_out_is_told_by_the_path():
    RelyingParty.objects.create(
        slug="builds",
        name="Builds",
        access=[
            {"path": "/", "roles": [], "public": False},
            {"path": "/deploy", "roles": ["deployer", "payer"], "public": False},
            {"path": "/open", "roles": ["deployer"], "public": True},
        ],
    )
    RelyingParty.objects.create(
        slug="off",
        name="Off",
        enabled=False,
        access=[{"path": "/", "roles": ["deployer"], "public": False}],
    )
    after = content(rule("it", "/it", STAFF), rule("money", "/fin", "payer"))
    (app,) = blast_radius(after, actor=None, now=NOW).apps
    assert (app.app, app.path, app.locked_out, app.let_in) == ("builds", "/deploy", 2, 0)
    assert set(names(app.faces)) == {"ada", "cleo"}


def test_an_editor_who_locks_herself_out_is_told_and_so_is_the_last_way_in():
    vouched("gita", "/it/lead")
    dora, gita = (str(Account.objects.get(username=name).pk) for name in ("dora", "gita"))
    after = content(rule("engineers", "/eng", "deployer"), rule("it", "/it/lead", STAFF))
    seen = blast_radius(after, actor=dora, now=NOW)
    assert (seen.editor_loses_console, seen.nobody_left_in_console) == (True, False)
    assert not blast_radius(after, actor=gita, now=NOW).editor_loses_console
    nobody = blast_radius(content(rule("engineers", "/eng", "deployer")), actor=gita, now=NOW)
    assert (nobody.editor_loses_console, nobody.nobody_left_in_console) == (True, True)
    assert nobody.people[0].loses == (STAFF,)


def test_rules_that_do_nothing_are_told():
    after = content(*BEFORE["rules"], rule("none", "/law", "auditor"))
    told = {each.rule: each for each in blast_radius(after, actor=None, now=NOW).rules}
    assert told["none"].nobody
    assert (told["engineers"].accounts, told["engineers"].nobody) == (2, False)


def test_a_preview_that_takes_too_long_ends(monkeypatch):
    monkeypatch.setattr(losing, "SECONDS", -1.0)
    with pytest.raises(PreviewTooLong):
        blast_radius(BEFORE, actor=None, now=NOW)
    monkeypatch.setattr(counting, "SECONDS", -1.0)
    with pytest.raises(PreviewTooLong):
        count({"cel": "claims.level > 1"}, provider=None, now=NOW)


def test_it_ends_in_time_also_where_few_people_take_long(monkeypatch):
    for at in range(20):
        vouched(f"p{at}", *(f"/eng/team-{number}/{'x' * 60}" for number in range(400)))
    dear = "claims.groups.exists(g, g.matches('.*(a|b|y).*z{at}'))"
    after = [
        {"id": f"dear-{at}", "when": {"cel": dear.replace("{at}", str(at))}, "roles": ["deployer"]}
        for at in range(20)
    ]
    asked = []
    check = Cel.check
    monkeypatch.setattr(Cel, "check", lambda *given: asked.append(1) or check(*given))
    monkeypatch.setattr(losing, "SECONDS", 0.2)
    with pytest.raises(PreviewTooLong):
        blast_radius(content(*after), actor=None, now=NOW)
    assert 0 < len(asked) < 20 * len(after)


def test_a_condition_counts_the_people_of_whom_it_holds():
    seen = count({"claim": "groups", "below": "/eng"}, provider=None, now=NOW)
    assert (seen.accounts, seen.of, seen.unsure, seen.unknown) == (2, 5, 0, 1)
    assert set(names(seen.faces)) == {"ada", "ben"}
    assert count({"claim": "groups", "below": "/eng"}, provider="other", now=NOW).accounts == 0
    assert count({"cel": 'email == "ada@corp.example"'}, provider=None, now=NOW).accounts == 1
    with pytest.raises(RuleInvalid):
        count({"claim": "groups", "is": "/eng"}, provider=None, now=NOW)


def _typed(now):
    with CaptureQueriesContext(connection) as asked:
        got = count({"claim": "groups", "below": "/eng"}, provider=None, now=now)
    return got, sum('"sealed"' in each["sql"] for each in asked)


def test_while_somebody_types_people_are_not_read_again():
    assert _typed(NOW)[1]
    vouched("hugo", "/eng")
    soon, read = _typed(NOW + timedelta(seconds=59))
    assert (soon.accounts, read) == (2, 0)
    after_lunch, read = _typed(NOW + timedelta(minutes=15))
    assert (after_lunch.accounts, after_lunch.as_of) == (3, NOW + timedelta(minutes=15))
    same, read = _typed(NOW + timedelta(minutes=45))
    assert (same.accounts, same.as_of, read) == (3, after_lunch.as_of, 0)  # nobody signed in


@pytest.mark.django_db(transaction=True)
def test_what_is_a_minute_old_is_read_anew_without_anybody_waiting():
    _typed(NOW)
    vouched("hugo", "/eng")
    then, read = _typed(NOW + timedelta(seconds=61))
    assert (then.accounts, then.as_of, read) == (2, NOW, 0)
    for thread in threading.enumerate():
        if thread.name == "everybody":
            thread.join(10)
    later, read = _typed(NOW + timedelta(seconds=62))
    assert (later.accounts, later.as_of, read) == (3, NOW + timedelta(seconds=61), 0)


def test_no_more_rows_are_in_memory_at_once_than_a_chunk_and_all_are_read(monkeypatch):
    monkeypatch.setattr(population, "CHUNK", 2)
    for at in range(5):
        vouched(f"p{at}", "/eng")
    with CaptureQueriesContext(connection) as asked:
        seen = blast_radius(content(), actor=None, now=NOW)
    assert seen.losing == 9
    chunks = [each["sql"] for each in asked if '"sealed"' in each["sql"]]
    assert len(chunks) == 4
