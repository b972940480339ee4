"""Two accounts of one person become one: what moves, counts and ends, and is said before."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.departures.models import Departure, Notice
from gateway.flows import deliver, end_dates, merging, roles
from gateway.flows.errors import ChangeStale
from gateway.relying_parties.models import RelyingParty
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sign_ins.models import Entered, SignIn
from provisioning import attributes, services
from provisioning.models import (
    Account,
    DeniedRole,
    HeldRole,
    LastIdentity,
    Merge,
    ServiceAccount,
)
from provisioning.profile import Attribute
from tests.gateway.flows.mapping.staff import (
    CORP,
    LATER,
    identity,
    in_session,
    session_roles,
    signs_in,
)
from tests.gateway.flows.merging.twice import (
    DORA,
    PARTNERS,
    at_corp,
    at_partners,
    both,
    fresh,
    looked,
    merged,
    names,
    snapshot,
)
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import lives

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def test_identities_roles_and_words_move_and_each_identity_leads_to_the_one_that_stays() -> None:
    kept, gone = both()
    row = merged(kept, gone)
    assert set(kept.identities.values_list("provider", flat=True)) == {CORP, PARTNERS}
    assert names(kept) == {"deployer", "payroll"}
    assert {held.account_id for held in HeldRole.objects.all()} == {kept.pk}
    assert LastIdentity.objects.filter(linked_identity__account=kept).count() == 2
    assert signs_in(identity("ada", "/fin/pay", at=PARTNERS)) == kept
    assert signs_in(identity("ada", "/eng/web")) == kept
    assert not gone.identities.exists()
    assert not gone.held_roles.exists()
    assert not gone.profile.exists()
    assert (row.kept_id, row.gone_id, row.by) == (kept.pk, gone.pk, DORA)
    assert not fresh(gone).is_active
    assert fresh(kept).is_active


def test_a_look_says_all_of_it_and_changes_nothing() -> None:
    kept, gone = both()
    roles.grant_by_hand(account=str(gone.pk), role="auditor", actor="cleo", now=LATER)
    session = in_session(gone, "payroll")
    before = snapshot()
    plan = looked(kept, gone)
    assert snapshot() == before
    assert lives(session.handle)
    facts = plan.facts
    assert [(each.provider, each.username) for each in facts.moved.identities] == [
        (PARTNERS, "ada")
    ]
    assert [(each.role, each.origin, each.words) for each in facts.moved.roles] == [
        ("auditor", "hand", "by hand (cleo)"),
        ("payroll", "rule", "rule fin v1 (partners)"),
    ]
    assert facts.moved.to.gained == ("auditor", "payroll")
    assert facts.moved.to.username == "ada"
    assert facts.moved.origin.username == "ada-2"
    assert (plan.sessions, plan.kept_sessions, facts.closes) == (1, 0, False)


def test_what_was_looked_at_is_what_is_done_or_nothing() -> None:
    kept, gone = both()
    said = {"kept": str(kept.pk), "gone": str(gone.pk), "actor": DORA, "now": LATER}
    plan = merging.look(**said)
    roles.grant_by_hand(account=str(gone.pk), role="auditor", actor="cleo", now=LATER)
    before = snapshot()
    with pytest.raises(ChangeStale):
        merging.merge(**said, digest=plan.digest)
    assert snapshot() == before
    merging.merge(**said, digest=merging.look(**said).digest)
    assert names(kept) == {"deployer", "payroll", "auditor"}


@pytest.mark.parametrize(
    "change",
    [
        lambda kept, gone: close(gone.pk, by=DORA, at=LATER),
        lambda kept, gone: end_dates.move(
            account=str(kept.pk), ends_at=LATER + timedelta(days=3), actor=DORA, now=LATER
        ),
        lambda kept, gone: signs_in(identity("ada", "/eng/web", at=PARTNERS), now=LATER),
        lambda kept, gone: signs_in(identity("ada", "/outside/x"), now=LATER),
    ],
    ids=["closed", "end date", "role lost", "role denied"],
)
def test_whatever_decides_makes_a_look_too_old(change) -> None:
    kept, gone = both()
    plan = looked(kept, gone)
    change(kept, gone)
    said = {"kept": str(kept.pk), "gone": str(gone.pk), "actor": DORA, "now": LATER}
    with pytest.raises(ChangeStale):
        merging.merge(**said, digest=plan.digest)
    assert not Merge.objects.exists()


def test_a_sign_in_that_changes_nothing_leaves_the_look_as_it_was() -> None:
    kept, gone = both()
    plan = looked(kept, gone)
    signs_in(identity("ada", "/fin/pay", at=PARTNERS), now=LATER)
    said = {"kept": str(kept.pk), "gone": str(gone.pk), "actor": DORA, "now": LATER}
    merging.merge(**said, digest=plan.digest)
    assert Merge.objects.count() == 1


def test_sessions_of_the_one_that_goes_end_and_those_that_stay_get_the_roles() -> None:
    kept, gone = both()
    stays, goes = in_session(kept, "deployer"), in_session(gone, "payroll")
    merged(kept, gone)
    assert not lives(goes.handle)
    assert lives(stays.handle)
    deliver.deliver(now=timezone.now())
    assert session_roles(stays) == {"deployer", "payroll"}


def test_if_redis_does_not_answer_nothing_is_done() -> None:
    kept, gone = both()
    plan, before = looked(kept, gone), snapshot()
    said = {"kept": str(kept.pk), "gone": str(gone.pk), "actor": DORA, "now": LATER}
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        merging.merge(**said, digest=plan.digest)
    assert snapshot() == before


def test_apps_hear_of_the_account_that_goes_and_the_look_says_which() -> None:
    kept, gone = both()
    for slug, url in (("wiki", "https://wiki.corp.example/ended"), ("mail", "")):
        RelyingParty.objects.create(
            slug=slug, name=slug.title(), origins=[f"https://{slug}.corp.example"], endings_url=url
        )
    token = in_session(gone)
    row = SignIn.objects.get(handle=token.handle)
    for slug in ("wiki", "mail"):
        Entered.objects.create(sign_in=row, relying_party=slug, first_at=LATER)
    plan = looked(kept, gone)
    assert [(app.name, app.told) for app in plan.apps] == [("Mail", False), ("Wiki", True)]
    merged(kept, gone)
    departure = Departure.objects.get()
    assert (departure.account_id, departure.source, departure.act) == (gone.pk, "merge", "close")
    assert Notice.objects.get().relying_party == "wiki"


def test_programs_for_which_she_answers_go_along() -> None:
    kept, gone = both()
    services.make("robot", name="Robot", owner=str(gone.pk), contact="", now=LATER)
    assert looked(kept, gone).facts.services == ("robot",)
    merged(kept, gone)
    assert ServiceAccount.objects.get().owner == kept


def test_a_role_by_hand_at_both_counts_once_and_what_a_hand_wrote_stays_behind() -> None:
    kept, gone = both()
    for each in (kept, gone):
        roles.grant_by_hand(account=str(each.pk), role="auditor", actor="cleo", now=LATER)
    by_hand = attributes.by_hand("cleo")
    attributes.tell(fresh(gone), by_hand, {Attribute.TITLE: "Countess"}, now=LATER)
    facts = looked(kept, gone).facts
    assert facts.roles_twice == ("auditor",)
    assert facts.attributes_behind == ("title",)
    merged(kept, gone)
    assert HeldRole.objects.filter(account=kept, role__name="auditor").count() == 1
    assert HeldRole.objects.filter(account=gone).count() == 1
    assert not names(gone)


def test_the_better_word_wins_and_the_look_says_which() -> None:
    kept = at_corp()
    gone = signs_in(identity("ada", at=PARTNERS))
    partners = trusting_precedence(PARTNERS, 1)
    trusting_precedence(CORP, 2)
    gone_name = attributes.by_provider(gone.identities.get())
    attributes.tell(fresh(gone), gone_name, {Attribute.NAME: "A. Byron"}, now=LATER)
    [step] = [
        each for each in looked(kept, gone).facts.moved.to.attributes if each.attribute == "name"
    ]
    assert (step.before, step.after, step.after_by) == ("Ada", "A. Byron", "provider partners")
    merged(kept, gone)
    assert fresh(kept).name == "A. Byron"
    assert partners


def trusting_precedence(slug: str, precedence: int) -> str:
    from providers.models import Provider

    Provider.objects.filter(slug=slug).update(precedence=precedence)
    return slug


def test_a_denial_goes_along_and_masks_what_the_other_identity_gives() -> None:
    kept, gone = at_corp("/fin/pay"), at_partners("/outside/x")
    session = in_session(kept, "payroll")
    facts = looked(kept, gone).facts
    assert facts.moved.to.lost == ("payroll",)
    merged(kept, gone)
    assert names(kept) == set()
    assert DeniedRole.objects.get().account == kept
    assert session_roles(session) == frozenset()
    masked = AuditEvent.objects.get(event="role.masked")
    assert masked.account == str(kept.pk)


def test_it_is_on_record_for_both_with_the_plan_that_was_looked_at() -> None:
    kept, gone = both()
    plan = looked(kept, gone)
    row = merged(kept, gone)
    told = {e.account: e for e in AuditEvent.objects.filter(event="account.merged")}
    assert told[str(gone.pk)].detail["into"] == str(kept.pk)
    assert told[str(kept.pk)].detail["from"] == str(gone.pk)
    for event in told.values():
        assert event.actor == DORA
        assert event.detail["plan"] == plan.digest
        assert event.detail["merge"] == str(row.pk)
        assert "ada" not in str(event.detail)
    linked = AuditEvent.objects.get(event="identity.linked", account=str(kept.pk), actor=DORA)
    assert linked.detail["by"] == "merge"


def test_an_identity_of_two_accounts_is_said_to_be_of_one_provider() -> None:
    kept = at_corp()
    gone = signs_in(identity("ada.byron", "/fin/pay"))
    assert looked(kept, gone).facts.same_provider == (CORP,)
    assert looked(*reversed((at_partners(), kept))).facts.same_provider == ()


def test_queries_do_not_grow_with_what_moves() -> None:
    def asked(account: Account, gone: Account) -> int:
        plan = looked(account, gone)
        said = {"kept": str(account.pk), "gone": str(gone.pk), "actor": DORA, "now": LATER}
        with CaptureQueriesContext(connection) as captured:
            merging.merge(**said, digest=plan.digest)
        return len(captured)

    few = asked(*both())
    kept, gone = signs_in(identity("eve")), signs_in(identity("eve", "/fin/pay", at=PARTNERS))
    for at in range(20):
        other = signs_in(identity(f"eve-{at}", "/fin/pay", "/eng/x", at=PARTNERS))
        merged(gone, other)
    many = asked(kept, gone)
    assert few <= 80
    assert many <= few + 6
