"""Each step of joining by proof is proven done by the gateway: whatever is left out, swapped,
repeated or brought by another browser joins nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import chain, combinations
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.flows import joining, login, newcomers, pending
from gateway.flows.errors import JoiningGone
from gateway.flows.shadow import Beside
from gateway.flows.visitor import Visitor
from providers.connector import AuthenticationResponse
from providers.errors import RequestUnknown
from provisioning.models import LinkedIdentity
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser, state_of, visit
from tests.journeys.finding import partners
from tests.journeys.joining import (
    NEW,
    OLD,
    asked,
    here_before,
    known_at,
    may_post,
    moved,
    page,
    proves,
    says,
)

__all__ = ["partners"]


@pytest.fixture(autouse=True)
def _by_proof(partners: OidcProvider) -> None:
    says(link_policy="proof")


def _comes(browser: Browser) -> None:
    browser.sign_in(NEW)


def _leaves(browser: Browser) -> None:
    browser.post("/join/prove", {"provider": OLD})


def _returns(browser: Browser) -> None:
    """To the address at which the old provider answers, with an honest answer if she left."""
    waiting = [name for name in browser.cookies if name.startswith("__Host-gatehouse-login.")]
    if not waiting:
        browser.get(f"/oidc/{OLD}/callback?code=x&state=y")
        return
    proves(browser)


def _confirms(browser: Browser) -> Any:
    return browser.post("/join/confirm")


STEPS: dict[str, Callable[[Browser], Any]] = {"come": _comes, "prove": _returns}
SOME = list(chain.from_iterable(combinations(STEPS, n) for n in range(len(STEPS))))


@pytest.mark.parametrize("done", SOME, ids=["+".join(some) or "none" for some in SOME])
def test_a_yes_counts_only_after_every_step(browser: Browser, done: tuple[str, ...]) -> None:
    here_before()
    may_post(browser)
    for step in done:
        STEPS[step](browser)
    assert _confirms(browser).status_code == 400
    assert browser.session is None
    assert known_at(NEW) is None


def test_to_leave_for_the_old_provider_and_never_return_proves_nothing(browser: Browser) -> None:
    here_before()
    asked(browser)
    _leaves(browser)
    assert _confirms(browser).status_code == 400
    assert known_at(NEW) is None


@pytest.mark.parametrize("door", ["prove", "confirm", "new", "cancel"])
def test_no_step_is_taken_without_our_own_form(browser: Browser, door: str) -> None:
    here_before()
    asked(browser)
    proves(browser)
    answer = browser.client.post(f"/join/{door}", {"provider": OLD})
    assert answer.status_code == 403
    assert browser.client.get(f"/join/{door}").status_code == 405
    assert known_at(NEW) is None
    assert browser.post("/join/confirm").status_code == 303


def test_an_ordinary_sign_in_to_the_account_is_no_proof(browser: Browser) -> None:
    here_before()
    asked(browser)
    browser.sign_in(OLD)
    assert _confirms(browser).status_code == 400
    assert known_at(NEW) is None


def test_a_joining_counts_once(browser: Browser) -> None:
    account = here_before()
    asked(browser)
    proves(browser)
    kept = browser.cookies["__Host-gatehouse-joining"].value
    assert _confirms(browser).status_code == 303
    forgotten(LinkedIdentity.objects.get(provider=NEW))
    browser.cookies["__Host-gatehouse-joining"] = kept
    assert _confirms(browser).status_code == 400
    assert browser.post("/join/new").status_code == 400
    assert account.identities.count() == 1


def test_a_joining_that_failed_leaves_no_proof_behind(browser: Browser) -> None:
    here_before()
    asked(browser)
    proves(browser)
    says(link_policy="never")
    assert _confirms(browser).status_code == 403
    says(link_policy="proof")
    assert _confirms(browser).status_code == 400
    assert known_at(NEW) is None


def test_a_joining_that_was_cancelled_is_over(browser: Browser) -> None:
    here_before()
    asked(browser)
    proves(browser)
    thief = Browser()
    moved(browser, thief)
    assert browser.post("/join/cancel")["Location"] == "/sign-in"
    assert browser.get("/join").status_code == 400
    may_post(thief)
    assert _confirms(thief).status_code == 400
    assert known_at(NEW) is None


def test_a_proof_after_a_cancel_proves_nothing(browser: Browser) -> None:
    here_before()
    asked(browser)
    left = browser.post("/join/prove", {"provider": OLD})["Location"]
    browser.post("/join/cancel")
    assert browser.get(visit(f"{left}&person=ada").location).status_code == 400
    asked(browser)
    assert _confirms(browser).status_code == 400


def test_a_proof_is_for_the_identity_for_which_it_was_given(browser: Browser) -> None:
    """Ben comes by the same browser after Ada proved her account: he has proven nothing."""
    here_before()
    asked(browser)
    proves(browser)
    asked(browser, "ben")
    assert _confirms(browser).status_code == 400
    assert not LinkedIdentity.objects.filter(username="ben").exists()


def test_a_proof_given_in_another_browser_is_none_here(browser: Browser) -> None:
    """Somebody sends her the address of his own joining: her sign-in does not serve it."""
    here_before()
    his, hers = Browser(), browser
    asked(his, "ben")
    left = his.post("/join/prove", {"provider": OLD})["Location"]
    back = visit(f"{left}&person=ada").location  # she follows his link and signs in
    assert hers.get(back).status_code == 400
    assert _confirms(his).status_code == 400
    may_post(hers)
    assert _confirms(hers).status_code == 400
    assert known_at(NEW) is None


def test_no_address_leads_into_a_joining(browser: Browser) -> None:
    """Whatever a link says, only this browser's own cookie names what it joins."""
    here_before()
    asked(browser)
    proves(browser)
    secret = browser.cookies["__Host-gatehouse-joining"].value
    other = Browser()
    for address in (f"/join?joining={secret}", f"/join?offer={secret}&proves={secret}"):
        assert other.get(address).status_code == 400
    assert "Join this to the account" in page(browser)


BENT = {"empty": "", "short": "x", "long": "x" * 5000, "foreign": "\xe9" * 43, "odd": "' or 1=1"}


@pytest.mark.parametrize("bent", BENT.values(), ids=BENT.keys())
def test_a_cookie_of_no_joining_opens_nothing(browser: Browser, bent: str) -> None:
    asked(browser)
    browser.cookies["__Host-gatehouse-joining"] = bent
    assert browser.get("/join").status_code == 400
    assert _confirms(browser).status_code == 400


def forgotten(linked: LinkedIdentity) -> None:
    """Out of the database, as no flow does it: nothing says that it was there."""
    linked.held_roles.all().delete()
    linked.delete()


def _kept(browser: Browser) -> tuple[str, str]:
    secret = browser.cookies["__Host-gatehouse-joining"].value
    return secret, newcomers.name_of(secret)


def test_what_is_kept_of_another_joining_does_not_open_here(browser: Browser) -> None:
    """Whoever may write to Redis moves a proof beside what he wants to join."""
    here_before()
    asked(browser)
    proves(browser)
    his = Browser()
    asked(his, "ben")
    (_, hers), (_, target) = _kept(browser), _kept(his)
    cache = wiring.shared_cache()
    proof = cache.get(f"joining-proof:{hers}")
    assert proof is not None
    cache.put(f"joining-proof:{target}", proof, timedelta(minutes=5))
    assert _confirms(his).status_code == 400
    assert not LinkedIdentity.objects.filter(username="ben").exists()


LATE = {"the proof": timedelta(minutes=5), "what she came by": timedelta(minutes=15)}


@pytest.mark.parametrize("what", LATE)
def test_it_is_too_late_after_minutes(browser: Browser, what: str) -> None:
    """Also where Redis had forgotten nothing."""
    here_before()
    asked(browser)
    proves(browser)
    secret, name = _kept(browser)
    cache, later = wiring.shared_cache(), timezone.now() + LATE[what]
    for key in (f"joining:{name}", f"joining-proof:{name}"):
        kept = cache.get(key)
        assert kept is not None
        cache.put(key, kept, timedelta(days=1))
    visitor = Visitor(address="192.0.2.1")
    with pytest.raises((JoiningGone, Exception)) as refused:
        joining.confirm(secret, visitor=visitor, reference="AAAAAAAA", now=later)
    assert getattr(refused.value, "code", "") in {"joining.gone", "provisioning.link-conflict"}
    assert known_at(NEW) is None


def test_it_dies_when_the_identity_that_proved_it_is_taken_off(browser: Browser) -> None:
    here_before()
    asked(browser)
    proves(browser)
    forgotten(LinkedIdentity.objects.get(provider=OLD))
    assert _confirms(browser).status_code == 403
    assert known_at(NEW) is None


def test_who_says_too_late_that_she_is_new_gets_no_account(browser: Browser) -> None:
    """Also where Redis had forgotten nothing."""
    asked(browser)
    secret, _ = _kept(browser)
    visitor, later = Visitor(address="192.0.2.1"), timezone.now() + timedelta(minutes=15)
    with pytest.raises(JoiningGone):
        joining.as_new(secret, visitor=visitor, reference="AAAAAAAA", now=later)
    assert known_at(NEW) is None


def test_what_was_begun_to_prove_an_account_signs_nobody_in(browser: Browser) -> None:
    """Whichever door its answer comes by."""
    here_before()
    asked(browser)
    left = browser.post("/join/prove", {"provider": OLD})["Location"]
    state = state_of(left)
    [sealed] = [
        morsel.value
        for name, morsel in browser.cookies.items()
        if name.endswith(pending.pending_id(state))
    ]
    waiting = pending.read(sealed, state, OLD, timezone.now())
    answer = urlsplit(visit(f"{left}&person=ada").location).query
    response = AuthenticationResponse(method="GET", fields=dict(parse_qsl(answer)), query=answer)
    with pytest.raises(RequestUnknown, match="to prove"):
        login.complete(
            waiting,
            response,
            visitor=Visitor(address="192.0.2.1"),
            beside=Beside(),
            reference="AAAAAAAA",
            now=timezone.now(),
        )
