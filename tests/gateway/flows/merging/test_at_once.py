"""What happens together with a merge: nobody waits for ever, nobody stays who has to go."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from gateway import wiring
from gateway.flows import inbox, login, merging
from gateway.flows.errors import ChangeStale
from gateway.flows.inbox import taking
from gateway.flows.scim import leaving
from gateway.flows.visitor import Asked, Visitor
from providers.trace import tracing
from provisioning import linking
from provisioning.errors import AccountClosed, MergeUnfit
from provisioning.models import Account, LinkedIdentity, Merge, Source
from provisioning.scim.models import ScimConnection, ScimUser
from tests.gateway.audit.test_together import in_threads
from tests.gateway.ending import oidc_provider
from tests.gateway.flows.mapping.staff import LATER, identity, provider
from tests.gateway.flows.merging.twice import (
    DORA,
    PARTNERS,
    POWER,
    both,
    fresh,
    looked,
    merged,
    undone,
)
from tests.gateway.leaving import news
from tests.gateway.pages.signed_in import lives, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

ROUNDS = 15


@pytest.fixture(autouse=True)
def _partners() -> None:
    oidc_provider(PARTNERS)


def comes() -> str:
    """Ada signs in by the identity that moves: the account in which she is."""
    row, now = provider(PARTNERS), timezone.now()
    asked = Asked(return_to="/", begun_at=now, visitor=Visitor(address="192.0.2.7"))
    who = identity("ada", "/fin/pay", at=PARTNERS)
    with tracing() as trace:
        return login.admit(who, row, asked, trace, reference="R", now=now).account


def together(*acts: Callable[[], Any]) -> list[Any]:
    """All at once; what each returned or raised."""
    barrier = threading.Barrier(len(acts))

    def work(number: int) -> Any:
        barrier.wait(timeout=30)
        try:
            return acts[number]()
        except (ChangeStale, MergeUnfit, AccountClosed) as error:
            return error

    return in_threads(work, len(acts))


def merging_of(kept: Account, gone: Account) -> Callable[[], str]:
    plan = looked(kept, gone)
    said = {"kept": str(kept.pk), "gone": str(gone.pk), "actor": DORA, "now": timezone.now()}
    return lambda: merging.merge(**said, digest=plan.digest)


def sessions(account: Account) -> int:
    return len(wiring.session_store().of_account(str(account.pk)))


def test_a_sign_in_at_the_same_moment_ends_with_the_other_account_or_comes_into_this_one() -> None:
    kept, gone = both()
    for _ in range(ROUNDS):
        was, done = together(comes, merging_of(kept, gone))
        assert not isinstance(done, Exception)
        assert was in {str(kept.pk), str(gone.pk)}
        assert LinkedIdentity.objects.get(provider=PARTNERS).account_id == kept.pk
        assert sessions(gone) == 0
        assert sessions(kept) == (was == str(kept.pk))
        undone(Merge.objects.get(pk=done), timezone.now())
        assert sessions(kept) == 0


def test_a_sign_in_that_waited_for_the_merge_finds_the_account_that_stays() -> None:
    """Where no newcomer is let in, too: she is none."""
    kept, gone = both()
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: nobody looks while another one moves
    from providers.models import Provider

    Provider.objects.filter(slug=PARTNERS).update(newcomers="refused")
    act = merging_of(kept, gone)
    found: list[str] = []
    with transaction.atomic():
        act()
        waiting = threading.Thread(target=lambda: found.append(_closing(comes)))
        waiting.start()
        waiting.join(timeout=1)
        assert waiting.is_alive()
    waiting.join(timeout=30)
    assert found == [str(kept.pk)]


def _closing(act: Callable[[], str]) -> str:
    try:
        return act()
    finally:
        connection.close()


def test_two_merges_that_cross_leave_one_account_and_one_of_them_undone() -> None:
    kept, gone = both()
    for _ in range(ROUNDS):
        found = together(merging_of(kept, gone), merging_of(gone, kept))
        done = [each for each in found if isinstance(each, str)]
        assert len(done) == 1
        [row] = Merge.objects.exclude(state="undone")
        assert LinkedIdentity.objects.filter(account=row.kept).count() == 2
        undone(row, timezone.now())


def test_who_is_closed_at_the_same_moment_is_closed_wherever_her_identity_is() -> None:
    """Her company says that she is gone while an administrator merges her accounts."""
    kept, gone = both()
    connection_row = ScimConnection.objects.create(
        slug="p", name="P", provider=provider(PARTNERS), created_at=LATER
    )
    linked = LinkedIdentity.objects.get(provider=PARTNERS)
    ScimUser.objects.create(
        connection=connection_row,
        linked_identity=linked,
        user_name="ada",
        user_name_key="ada",
        created_at=LATER,
        modified_at=LATER,
    )

    def leaves() -> None:
        rows = ScimUser.objects.select_related("linked_identity", "connection")
        leaving.close(rows.get(), now=timezone.now())

    for _ in range(ROUNDS):
        start(kept)
        act = merging_of(kept, gone)
        together(leaves, act)
        hers = LinkedIdentity.objects.get(provider=PARTNERS).account
        assert not hers.is_active
        assert sessions(hers) == 0
        for row in Merge.objects.filter(state="done"):
            undone(row, timezone.now())
        assert not fresh(gone).is_active
        for each in (kept, gone):
            inbox.reopen(
                account=str(each.pk),
                source=Source.CONSOLE,
                by=DORA,
                cause="x",
                at=timezone.now(),
            )


def test_news_that_was_looked_up_before_a_merge_closes_the_account_that_she_is_in_now() -> None:
    """It was her account when the news came, and is not when it counts."""
    kept, gone = both()
    token = start(kept)
    linked = LinkedIdentity.objects.get(provider=PARTNERS)
    at = LATER + timedelta(hours=1)
    gone_news = news(gone.pk, source=Source.DIRECTORY, by="directory:people", at=at)
    merged(kept, gone)
    taking.take(gone_news, lambda: str(LinkedIdentity.objects.get(pk=linked.pk).account_id))
    assert not fresh(kept).is_active
    assert not lives(token.handle)


def test_the_account_is_locked_before_its_link() -> None:
    """As merges do it: else each would wait for the other."""
    if connection.vendor != "postgresql":
        return
    from django.test.utils import CaptureQueriesContext

    both()
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        linking.decide(identity("ada", at=PARTNERS), _policy(), timezone.now(), staff_role=POWER)
    [locks] = [q["sql"] for q in captured if "FOR NO KEY UPDATE" in q["sql"]]
    order = locks.rpartition(" OF ")[2]
    assert order.index("provisioning_account") < order.index("provisioning_linkedidentity")


def _policy() -> Any:
    from provisioning.policy import LinkPolicy

    return LinkPolicy.of(provider(PARTNERS), timezone.now())
