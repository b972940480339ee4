"""One person at two providers, who has two accounts: merged, used by either, and taken apart."""

import pytest
from django.utils import timezone

from gateway.flows import deliver, merging
from provisioning.models import Account, Merge
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser
from tests.journeys.finding import partners
from tests.journeys.joining import NEW, OLD, known_at

__all__ = ["partners"]
DORA = "dora"


def signed_in(slug: str) -> Browser:
    browser = Browser()
    assert browser.sign_in(slug).status_code == 303
    assert browser.session is not None
    return browser


def merged(kept: Account, gone: Account) -> Merge:
    said = {"kept": str(kept.pk), "gone": str(gone.pk), "actor": DORA, "now": timezone.now()}
    plan = merging.look(**said)
    return Merge.objects.get(pk=merging.merge(**said, digest=plan.digest))


@pytest.fixture
def two(partners: OidcProvider) -> tuple[Account, Account]:
    """By the old provider, and by the new one."""
    signed_in(OLD)
    signed_in(NEW)
    found = known_at(OLD), known_at(NEW)
    assert found[0] is not None
    assert found[1] is not None
    assert found[0] != found[1]
    return found[0], found[1]


def test_she_signs_in_by_either_and_after_the_undo_by_each(two: tuple[Account, Account]) -> None:
    kept, gone = two
    by_old, by_new = signed_in(OLD), signed_in(NEW)
    row = merged(kept, gone)
    assert by_new.session is None
    assert by_old.session is not None
    for slug in (OLD, NEW):
        session = signed_in(slug).session
        assert session is not None
        assert (session.account, session.username) == (str(kept.pk), "ada")
        assert session.roles == {"deployer"}
    shown = by_old.get("/").content.decode()
    assert "Partners" in shown
    now = timezone.now()
    plan = merging.look_at_undo(row.pk, actor=DORA, now=now)
    merging.undo(row.pk, digest=plan.digest, actor=DORA, now=now)
    deliver.deliver(now=timezone.now())
    assert by_old.session is not None
    for slug, account in ((OLD, kept), (NEW, gone)):
        session = signed_in(slug).session
        assert session is not None
        assert (session.account, session.roles) == (str(account.pk), {"deployer"})


def test_whoever_had_the_account_open_that_goes_is_told_why(two: tuple[Account, Account]) -> None:
    by_new = signed_in(NEW)
    merged(*two)
    answer = by_new.get("/sign-in")
    assert "one with another one of yours" in answer.content.decode()


def test_an_identity_that_is_taken_out_signs_in_to_an_account_of_its_own(
    two: tuple[Account, Account],
) -> None:
    kept, gone = two
    merged(kept, gone)
    now = timezone.now()
    key = kept.identities.get(provider=NEW).pk
    said = {"account": str(kept.pk), "identity": key, "actor": DORA, "now": now}
    new = merging.split(**said, digest=merging.look_at_split(**said).digest)
    session = signed_in(NEW).session
    assert session is not None
    assert session.account == new
    assert new not in {str(kept.pk), str(gone.pk)}
    old = signed_in(OLD).session
    assert old is not None
    assert old.account == str(kept.pk)
