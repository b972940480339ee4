"""What is said of somebody after a merge counts for both accounts when that is undone."""

from datetime import timedelta

import pytest

from gateway.flows import merging
from provisioning.errors import AccountClosed
from provisioning.models import Source
from tests.gateway.flows.mapping.staff import CORP, LATER, identity, signs_in
from tests.gateway.flows.merging.twice import (
    DORA,
    PARTNERS,
    both,
    fresh,
    hold,
    merged,
    undone,
)
from tests.gateway.leaving import close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
DAY = timedelta(days=1)


def test_a_signal_that_is_older_than_the_merge_and_came_after_it_counts_for_both() -> None:
    """It named the identity that goes back: that would be the only one to be let in again."""
    kept, gone = both()
    row = merged(kept, gone)
    earlier = LATER - timedelta(minutes=1)
    at = LATER + DAY
    close(kept.pk, source=Source.SHARED_SIGNALS, by="corp", at=at, said_at=earlier)
    assert kept.closures.get().since < row.at
    facts = merging.look_at_undo(row.pk, actor=DORA, now=LATER + 2 * DAY).facts
    assert (facts.gone_opens, facts.gone_closed_by) == (False, ("shared-signals",))
    undone(row, LATER + 2 * DAY)
    for at in (CORP, PARTNERS):
        with pytest.raises(AccountClosed):
            signs_in(identity("ada", at=at))


@pytest.mark.parametrize("side", [0, 1], ids=["stood", "went along"])
def test_a_word_from_before_that_is_said_again_since_counts_for_both(side: int) -> None:
    accounts = both()
    close(accounts[side].pk, source=Source.SCIM, by="scim:okta", at=LATER)
    row = merged(*accounts)
    close(accounts[0].pk, source=Source.SCIM, by="scim:okta", at=LATER + DAY)
    undone(row, LATER + 2 * DAY)
    for account in accounts:
        assert not fresh(account).is_active
        assert account.closures.filter(source=Source.SCIM, by="scim:okta").exists()


def test_a_word_that_only_stood_at_the_one_that_stayed_stays_with_it_alone() -> None:
    kept, gone = both()
    close(kept.pk, at=LATER)
    undone(merged(kept, gone))
    assert not fresh(kept).is_active
    assert fresh(gone).is_active


def test_a_word_that_is_held_since_is_held_at_both() -> None:
    kept, gone = both()
    row = merged(kept, gone)
    hold(kept)
    undone(row, LATER + DAY)
    for account in (kept, gone):
        assert fresh(account).is_active
        assert account.closures.get().held
