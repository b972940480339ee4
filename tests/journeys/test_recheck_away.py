"""Not being able to ask is no answer; and many workers ask about each person once."""

import pytest
import redis
from django.utils import timezone

from gateway import wiring
from gateway.flows.recheck import recheck
from gateway.sessions.store import RedisSessionStore
from gateway.tasks.upstream import recheck_due
from providers.models import Provider
from provisioning.models import UpstreamGrant
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.audit.test_together import in_threads
from tests.journeys.browser import Browser
from tests.journeys.rechecking import (
    MINUTES,
    after,
    asked_again,
    ended,
    held,
    move,
    rechecked,
    somebody_signed_in,
)

__all__ = ["rechecked", "somebody_signed_in"]


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (503, b"{}"),
        (429, b"slow down"),
        (400, b'{"error": "temporarily_unavailable"}'),
        (404, b"<html>maintenance</html>"),
    ],
)
def test_a_provider_that_cannot_be_asked_ends_nothing_and_is_asked_later(
    idp: OidcProvider, signed_in: Browser, answer: tuple[int, bytes]
) -> None:
    idp.lie.answers["token"] = answer
    move(idp)
    assert asked_again(idp) == 1
    assert held(signed_in) == {"deployer"}
    assert ended() == []
    assert asked_again(idp, MINUTES + 0.5) == 0
    del idp.lie.answers["token"]
    assert asked_again(idp, MINUTES + 1) == 1
    assert held(signed_in) == frozenset()


def test_userinfo_that_is_away_costs_neither_the_session_nor_the_new_token(
    idp: OidcProvider, signed_in: Browser
) -> None:
    """The old refresh token is used up by then: the new one is kept before anything else."""
    idp.lie.answers["userinfo"] = (503, b"")
    asked_again(idp)
    assert signed_in.session is not None
    del idp.lie.answers["userinfo"]
    assert asked_again(idp, MINUTES + 1) == 1
    assert signed_in.session is not None
    assert UpstreamGrant.objects.get().failures == 0


def test_a_page_in_place_of_signed_userinfo_says_nothing_about_her(
    idp: OidcProvider, signed_in: Browser
) -> None:
    row = Provider.objects.get()
    row.settings = {**row.settings, "userinfo": "signed"}
    row.save()
    idp.userinfo_form = "signed"
    idp.lie.answers["userinfo"] = (200, b"<html>maintenance</html>")
    assert asked_again(idp) == 1
    assert ended() == []
    del idp.lie.answers["userinfo"]
    assert asked_again(idp, MINUTES + 1) == 1
    assert ended() == []
    assert UpstreamGrant.objects.get().failures == 0


def test_a_silent_provider_is_asked_less_and_less_and_once_for_all_its_people(
    idp: OidcProvider, signed_in: Browser
) -> None:
    Browser().sign_in(person="ben")
    idp.lie.answers["token"] = (500, b"")
    before = idp.asked["token"]
    now = after(idp, MINUTES)
    recheck(now=now)
    assert idp.asked["token"] == before + 1
    grant = UpstreamGrant.objects.order_by("-failures")[0]
    waits = []
    for _ in range(8):
        UpstreamGrant.objects.exclude(pk=grant.pk).delete()
        grant.refresh_from_db()
        waits.append((grant.next_check_at - now).total_seconds() / 60)
        now = grant.next_check_at
        recheck(now=now)
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_row_whose_secret_was_lost_is_our_fault_and_ends_nothing(
    idp: OidcProvider, signed_in: Browser
) -> None:
    Provider.objects.update(sealed_secrets={})
    asked_again(idp)
    assert signed_in.session is not None


def test_while_redis_is_away_nobody_is_judged(
    idp: OidcProvider, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = RedisSessionStore(redis.Redis.from_url("unix:///nowhere/valkey.sock"), wiring.key_ring)
    move(idp)
    with monkeypatch.context() as without:
        without.setattr(wiring, "session_store", lambda: away)
        asked_again(idp)
    assert held(signed_in) == {"deployer"}
    asked_again(idp, MINUTES + 1)
    assert held(signed_in) == frozenset()


def test_the_task_does_what_the_flow_does(idp: OidcProvider, signed_in: Browser) -> None:
    UpstreamGrant.objects.update(next_check_at=timezone.now())
    move(idp)
    recheck_due()
    assert held(signed_in) == frozenset()


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_ask_about_each_person_once(idp: OidcProvider) -> None:
    """Two refreshes with one token would be taken for theft, and end the session."""
    browsers = [Browser() for _ in range(8)]
    for browser in browsers:
        browser.sign_in(person="ada")
    now = after(idp, MINUTES)
    before = idp.asked["token"]
    assert sum(in_threads(lambda _: recheck(now=now), 4)) == 8
    assert idp.asked["token"] == before + 8
    assert all(browser.session is not None for browser in browsers)
