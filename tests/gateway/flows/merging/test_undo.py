"""A merge is taken back: what moved and is still there goes back, and nobody is let in by it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from gateway.audit.models import AuditEvent
from gateway.flows import end_dates, identities, inbox, merging, personal_data, roles
from gateway.flows.errors import ChangeStale
from provisioning import services
from provisioning.errors import AccountClosed, MergeOver
from provisioning.models import HeldRole, Merge, ServiceAccount, Source, Unlinked
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
    at_partners,
    both,
    fresh,
    known_at,
    merged,
    names,
    snapshot,
    split,
    undone,
)
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import lives

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
DAY = timedelta(days=1)


def test_each_identity_leads_to_its_own_account_again_with_its_own_roles() -> None:
    kept, gone = both()
    roles.grant_by_hand(account=str(gone.pk), role="auditor", actor="cleo", now=LATER)
    row = merged(kept, gone)
    assert undone(row) == str(gone.pk)
    assert known_at(CORP) == kept
    assert known_at(PARTNERS) == gone
    assert fresh(gone).is_active
    assert names(kept) == {"deployer"}
    assert names(gone) == {"payroll", "auditor"}
    assert signs_in(identity("ada", "/fin/pay", at=PARTNERS)) == gone
    assert signs_in(identity("ada", "/eng/web")) == kept
    assert fresh(gone).name == "Ada"
    row.refresh_from_db()
    assert (row.state, row.ended_by, row.moved) == ("undone", DORA, {})


def test_a_look_says_it_and_changes_nothing_and_what_changes_makes_it_too_old() -> None:
    row = merged(*both())
    at = LATER + DAY
    before = snapshot()
    plan = merging.look_at_undo(row.pk, actor=DORA, now=at)
    assert snapshot() == before
    assert plan.facts.moved.to.gained == ("payroll",)
    assert plan.facts.moved.origin.lost == ("payroll",)
    assert plan.facts.gone_opens
    roles.grant_by_hand(account=str(row.kept_id), role="auditor", actor="cleo", now=at)
    with pytest.raises(ChangeStale):
        merging.undo(row.pk, digest=plan.digest, actor=DORA, now=at)
    assert merging.look_at_undo(row.pk, actor=DORA, now=at).facts.roles_since == ("auditor",)


def test_sessions_by_what_leaves_end_and_the_others_lose_its_roles() -> None:
    kept, gone = both()
    row = merged(kept, gone)
    by_corp = in_session(kept, "deployer", "payroll")
    from tests.gateway.pages.signed_in import start

    by_partners = start(kept, PARTNERS)
    plan = merging.look_at_undo(row.pk, actor=DORA, now=LATER)
    assert plan.sessions == 1
    undone(row)
    assert not lives(by_partners.handle)
    assert session_roles(by_corp) == {"deployer"}


def test_what_is_not_there_any_more_does_not_come_back_and_what_came_since_stays() -> None:
    kept, gone = both()
    roles.grant_by_hand(account=str(gone.pk), role="auditor", actor="cleo", now=LATER)
    row = merged(kept, gone)
    later = LATER + DAY
    roles.revoke_by_hand(account=str(kept.pk), role="auditor", actor="cleo", now=later)
    new = split(fresh(kept), PARTNERS, later)
    facts = merging.look_at_undo(row.pk, actor=DORA, now=later).facts
    assert (facts.identities_missing, facts.roles_missing) == (1, 1)
    undone(row, later)
    assert known_at(PARTNERS) == new
    assert not gone.identities.exists()
    assert not HeldRole.objects.filter(account=gone).exists()


def test_who_was_closed_since_is_closed_at_both() -> None:
    kept, gone = both()
    row = merged(kept, gone)
    close(kept.pk, at=LATER + DAY)
    facts = merging.look_at_undo(row.pk, actor=DORA, now=LATER + 2 * DAY).facts
    assert not facts.gone_opens
    assert facts.gone_closed_by == ("console",)
    undone(row, LATER + 2 * DAY)
    for at in (CORP, PARTNERS):
        with pytest.raises(AccountClosed):
            signs_in(identity("ada", at=at))


def test_a_word_that_closed_it_before_and_was_said_again_since_counts_for_both() -> None:
    kept, gone = both()
    close(kept.pk, at=LATER)
    row = merged(kept, gone)
    inbox.reopen(account=str(kept.pk), source=Source.CONSOLE, by="cleo", cause="x", at=LATER)
    close(kept.pk, at=LATER + DAY)
    undone(row, LATER + 2 * DAY)
    assert not fresh(gone).is_active


def test_a_word_that_went_along_goes_back_and_the_one_that_stayed_is_open_again() -> None:
    kept, gone = both()
    close(gone.pk, source=Source.SCIM, by="scim:okta", at=LATER)
    row = merged(kept, gone)
    assert not fresh(kept).is_active
    facts = merging.look_at_undo(row.pk, actor=DORA, now=LATER + DAY).facts
    assert facts.kept_opens
    assert not facts.gone_opens
    undone(row)
    assert fresh(kept).is_active
    assert names(kept) == {"deployer"}
    assert not fresh(gone).is_active
    assert AuditEvent.objects.filter(event="account.reactivated", account=str(kept.pk)).exists()


def test_a_word_that_was_lifted_meanwhile_is_lifted() -> None:
    kept, gone = both()
    close(gone.pk, source=Source.SCIM, by="scim:okta", at=LATER)
    row = merged(kept, gone)
    inbox.lift(account=str(kept.pk), source=Source.SCIM, by="scim:okta", cause="x", at=LATER)
    undone(row)
    assert fresh(gone).is_active


def test_its_end_date_and_its_programs_go_back_unless_somebody_moved_them() -> None:
    kept, gone = both()
    soon = LATER + 20 * DAY
    end_dates.move(account=str(gone.pk), ends_at=soon, actor=DORA, now=LATER)
    services.make("robot", name="Robot", owner=str(gone.pk), contact="", now=LATER)
    row = merged(kept, gone)
    undone(row)
    assert fresh(kept).ends_at is None
    assert fresh(gone).ends_at == soon
    assert ServiceAccount.objects.get().owner == gone
    row = merged(fresh(kept), fresh(gone))
    end_dates.move(account=str(kept.pk), ends_at=soon + DAY, actor=DORA, now=LATER)
    robot = ServiceAccount.objects.get()
    ServiceAccount.objects.filter(pk=robot.pk).update(owner=at_partners(name="ben"))
    undone(row)
    assert fresh(kept).ends_at == soon + DAY
    assert ServiceAccount.objects.get().owner != gone


def test_no_address_joins_them_again_by_itself() -> None:
    kept, gone = both()
    undone(merged(kept, gone))
    assert Unlinked.objects.get().account == kept


def test_it_is_undone_once_and_they_may_be_merged_again() -> None:
    kept, gone = both()
    row = merged(kept, gone)
    undone(row)
    with pytest.raises(MergeOver):
        undone(row)
    merged(fresh(kept), fresh(gone))
    assert Merge.objects.count() == 2


def test_what_went_further_is_undone_from_its_end() -> None:
    kept, gone = both()
    first = merged(kept, gone)
    third = at_partners("/eng/x", name="ada.byron")
    second = merged(third, fresh(kept))
    with pytest.raises(MergeOver):
        undone(first)
    undone(second)
    undone(first)
    assert known_at(CORP) == kept


def test_after_thirty_days_it_is_for_good_also_before_anybody_swept() -> None:
    kept, gone = both()
    row = merged(kept, gone)
    late = row.at + 30 * DAY
    with pytest.raises(MergeOver):
        merging.look_at_undo(row.pk, actor=DORA, now=late)
    assert merging.look_at_undo(row.pk, actor=DORA, now=late - timedelta(seconds=1))
    identities.forget(now=late - timedelta(seconds=1))
    row.refresh_from_db()
    assert row.state == "done"
    identities.forget(now=late)
    row.refresh_from_db()
    assert (row.state, row.moved, row.kept_id) == ("expired", {}, kept.pk)
    event = AuditEvent.objects.get(event="account-merge.expired")
    assert (event.account, event.detail["into"]) == (str(gone.pk), str(kept.pk))
    identities.forget(now=late)
    assert AuditEvent.objects.filter(event="account-merge.expired").count() == 1
    with pytest.raises(MergeOver):
        undone(row, LATER)


def test_what_is_no_merge_is_not_undone() -> None:
    with pytest.raises(MergeOver):
        merging.look_at_undo(uuid4(), actor=DORA, now=LATER)


def test_both_accounts_have_it_on_record() -> None:
    kept, gone = both()
    undone(merged(kept, gone))
    told = AuditEvent.objects.filter(event="account-merge.undone")
    assert {event.account for event in told} == {str(kept.pk), str(gone.pk)}


def test_an_account_that_went_into_hers_is_erased_with_her_and_told_of_when_she_asks() -> None:
    kept, gone = both()
    merged(kept, gone)
    document = personal_data.export(account=str(kept.pk), actor=DORA, now=LATER)
    assert str(gone.pk) in document
    personal_data.erase(account=str(kept.pk), actor=DORA, source=Source.CONSOLE, now=LATER)
    assert fresh(gone).username.startswith("erased-")
    assert not Merge.objects.exists()
