"""A merge opens nothing: who was let go is let in by none, and nothing joins again by itself."""

from datetime import timedelta

import pytest

from gateway import wiring
from gateway.api_tokens.models import ApiToken
from gateway.audit.models import AuditEvent
from gateway.flows import end_dates, inbox, join_requests
from provisioning.errors import AccountClosed
from provisioning.models import Account, Closure, JoinRequest, Source, Unlinked
from tests.gateway.flows.mapping.staff import CORP, LATER, identity, in_session, signs_in
from tests.gateway.flows.merging.twice import (
    DORA,
    PARTNERS,
    both,
    fresh,
    hold,
    looked,
    merged,
)
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import lives
from tests.provisioning.people import trusting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


CLOSURES = ((Source.CONSOLE, DORA), (Source.SCIM, "scim:okta"))


def closed(account: Account) -> None:
    for source, by in CLOSURES:
        close(account.pk, source=source, by=by, at=LATER)


def test_a_closed_account_closes_the_one_that_it_goes_into() -> None:
    """Nobody who was let go is let in again by a merge."""
    kept, gone = both()
    closed(gone)
    session = in_session(kept, "deployer")
    facts = looked(kept, gone).facts
    assert facts.closes
    assert [word[:2] for word in facts.closures] == list(CLOSURES)
    merged(kept, gone)
    assert not fresh(kept).is_active
    assert not lives(session.handle)
    assert not kept.groups.exists()
    for at in (CORP, PARTNERS):
        with pytest.raises(AccountClosed):
            signs_in(identity("ada", "/eng/web", at=at))
    assert AuditEvent.objects.filter(event="account.deactivated", account=str(kept.pk)).exists()
    inbox.lift(account=str(kept.pk), source=Source.SCIM, by="scim:okta", cause="x", at=LATER)
    assert not fresh(kept).is_active


def test_a_word_that_is_held_closes_nothing_by_a_merge_either() -> None:
    kept, gone = both()
    hold(gone)
    facts = looked(kept, gone).facts
    assert (facts.closes, facts.closures) == (False, ())
    merged(kept, gone)
    assert fresh(kept).is_active
    assert signs_in(identity("ada", "/fin/pay", at=PARTNERS)) == kept


def test_an_open_account_that_goes_into_a_closed_one_opens_nothing() -> None:
    kept, gone = both()
    closed(kept)
    facts = looked(kept, gone).facts
    assert (facts.kept_was_open, facts.gone_was_open, facts.closes) == (False, True, False)
    merged(kept, gone)
    with pytest.raises(AccountClosed):
        signs_in(identity("ada", at=PARTNERS))


def test_of_two_end_dates_the_earlier_counts_also_for_live_sessions() -> None:
    kept, gone = both()
    soon = LATER + timedelta(days=2)
    end_dates.move(account=str(gone.pk), ends_at=soon, actor=DORA, now=LATER)
    session = in_session(kept)
    facts = looked(kept, gone).facts
    assert (facts.ended_at, facts.ends_at) == (None, soon)
    merged(kept, gone)
    assert fresh(kept).ends_at == soon
    found = wiring.session_store().load(session.handle)
    assert found is None or found.expires_at <= soon


def test_the_emptied_account_is_opened_by_nothing_but_an_undo() -> None:
    kept, gone = both()
    merged(kept, gone)
    assert not inbox.reopen(
        account=str(gone.pk), source=Source.CONSOLE, by=DORA, cause="x", at=LATER
    )
    assert not fresh(gone).is_active
    assert list(Closure.objects.values_list("account", "source")) == [(gone.pk, "merge")]


def test_who_was_to_join_the_one_that_goes_is_decided_upon_once_more() -> None:
    kept, gone = both()
    asked = JoinRequest.objects.create(
        provider="okta",
        issuer="https://okta.example",
        subject="a",
        reference="ABCDEFGH",
        asked_at=LATER,
        last_asked_at=LATER,
    )
    join_requests.approve(str(asked.pk), account=str(gone.pk), actor=DORA, now=LATER)
    assert looked(kept, gone).asked_again == 1
    merged(kept, gone)
    asked.refresh_from_db()
    assert (asked.state, asked.account, asked.decided_by) == ("waiting", None, "")


def test_what_was_taken_off_the_one_that_goes_is_kept_off_the_one_that_stays() -> None:
    kept, gone = both()
    Unlinked.objects.create(account=gone, issuer="https://x.example", subject="x", at=LATER)
    Unlinked.objects.create(
        account=kept, issuer=f"https://{PARTNERS}.example", subject="ada", at=LATER
    )
    facts = looked(kept, gone).facts
    assert facts.taken_off == (gone.identities.get().pk,)
    merged(kept, gone)
    assert Unlinked.objects.filter(account=kept, subject="x").exists()


def test_tokens_end_and_never_become_the_other_account_s() -> None:
    kept, gone = both()
    ApiToken.objects.create(
        account=gone,
        name="nightly",
        digest="a" * 64,
        scopes=["people:read"],
        created_at=LATER,
        expires_at=LATER + timedelta(days=30),
    )
    assert looked(kept, gone).tokens == ("nightly",)
    merged(kept, gone)
    token = ApiToken.objects.get()
    assert (token.account_id, token.revoked_at) == (gone.pk, LATER)


def test_an_address_that_is_vouched_for_joins_nothing_to_the_emptied_account() -> None:
    kept, gone = both()
    merged(kept, gone)
    trusting("okta", "corp.example")
    assert signs_in(identity("ada", at="okta")) != gone
