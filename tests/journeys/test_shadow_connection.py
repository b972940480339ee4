"""A draft of a provider's settings runs beside the live ones, on real sign-ins."""

import json
from collections.abc import Callable

import pytest

from gateway.flows import shadow
from providers.http import HttpClient
from providers.models import Provider, ShadowSettings
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import key_pair
from tests.journeys.browser import Browser, oidc_row, visit
from tests.journeys.shadowing import drafted, figures, words
from tests.journeys.test_idp_initiated import allow, form

NEXT = key_pair("idp-next").certificate


# --- what it finds -----------------------------------------------------------------------------


def test_a_new_certificate_beside_the_old_one_makes_no_difference(
    saml_idp: SamlProvider, browser: Browser
) -> None:
    """A provider announces its next signing certificate: the draft holds both."""
    drafted("corp-saml", certificates=[saml_idp.keys.certificate, NEXT])
    for person in ("ben", "ada"):
        assert Browser().saml_sign_in(person=person).status_code == 303
    assert figures("corp-saml") == (2, 2, 0)


def test_a_wrong_certificate_alone_fails_at_the_signature_and_everybody_still_signs_in(
    saml_idp: SamlProvider, browser: Browser
) -> None:
    drafted("corp-saml", certificates=[NEXT])
    assert browser.saml_sign_in(person="ben").status_code == 303
    assert browser.session is not None
    assert figures("corp-saml") == (1, 0, 1)
    assert words("corp-saml")[0].startswith("The draft refuses at saml.signature")


def test_oidc_judges_the_same_answer_without_asking_for_it_again(
    idp: OidcProvider, browser: Browser
) -> None:
    drafted(signing_algorithms=["RS256"])
    assert browser.sign_in(person="ada").status_code == 303
    assert figures() == (1, 1, 0)
    assert (idp.asked["token"], idp.asked["userinfo"]) == (1, 1)
    browser.sign_in(person="ada")
    assert figures() == (2, 2, 0)
    assert (idp.asked["token"], idp.asked["userinfo"]) == (2, 2)
    assert idp.asked["keys"] == 2  # one copy of its own, kept apart from the live one


def test_an_algorithm_that_the_provider_does_not_use_is_told(
    idp: OidcProvider, browser: Browser
) -> None:
    drafted(signing_algorithms=["ES256"])
    assert browser.sign_in(person="ada").status_code == 303
    [told] = words()
    refused = "The draft refuses at id_token.alg (expected ES256, received RS256)"
    assert told == f"{refused}; the live settings accept."


def test_a_draft_that_would_mend_it_is_told_of_a_sign_in_that_failed(
    idp: OidcProvider, browser: Browser
) -> None:
    row = Provider.objects.get()
    row.settings |= {"signing_algorithms": ["ES256"]}
    row.save()
    drafted(signing_algorithms=["RS256"])
    assert browser.sign_in(person="ada").status_code == 403
    assert browser.session is None
    assert words()[0].startswith("The draft gets past id_token.alg (expected ES256, received RS256")
    assert (idp.asked["token"], idp.asked.get("userinfo", 0)) == (1, 0)


def test_both_say_no_alike(idp: OidcProvider, browser: Browser) -> None:
    drafted(signing_algorithms=["RS256"])
    assert browser.sign_in(person="nobody").status_code == 403
    assert figures() == (1, 1, 0)


def test_claims_from_elsewhere_and_the_roles_that_would_go(
    idp: OidcProvider, browser: Browser
) -> None:
    drafted(claims_from=["id_token"])
    assert browser.sign_in(person="ada").status_code == 303
    told = words()
    assert "Loses 1 group." in told
    assert "Loses the role deployer." in told
    assert "Claims from ID token instead of ID token, userinfo." in told
    assert "/engineering" not in json.dumps(told)


def test_values_are_told_where_the_provider_says_so(idp: OidcProvider, browser: Browser) -> None:
    row = Provider.objects.get()
    row.settings |= {"trace_claims": True}
    row.save()
    drafted(claims_from=["id_token"])
    browser.sign_in(person="ada")
    assert "Loses 1 group: /engineering/platform." in words()
    assert "Another username: ada-0001 instead of ada." in words()


def test_another_dialect_may_name_another_person(idp: OidcProvider, browser: Browser) -> None:
    idp.lie.claims.update(tid="corp", oid="someone")
    drafted(dialect="entra")
    assert browser.sign_in(person="ada").status_code == 303
    assert "Another subject." in words()


def test_a_sign_in_that_the_provider_begins_is_judged_too(
    saml_idp: SamlProvider, browser: Browser
) -> None:
    allow(on=True)
    drafted("corp-saml", idp_initiated=False)
    assert browser.answer_saml("corp-saml", form(saml_idp)).status_code == 200
    assert words("corp-saml")[0].startswith("The draft refuses at provider.request-unknown")


def test_no_secret_and_no_claim_is_kept(idp: OidcProvider, browser: Browser) -> None:
    idp.lie.claims["legacy"] = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
    drafted(claims_from=["userinfo", "id_token"], dialect="keycloak")
    browser.sign_in(person="ada")
    kept = json.dumps(list(ShadowSettings.objects.values("differences")))
    for secret in ("eyJ", "ada@corp.example", *idp.access_tokens):
        assert secret not in kept


def test_only_the_last_differences_are_kept(
    idp: OidcProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "MAX_DIFFERENCES", 2)
    drafted(signing_algorithms=["ES256"])
    for _ in range(3):
        browser.sign_in(person="ada")
    assert figures() == (3, 0, 3)
    assert len(ShadowSettings.objects.get().differences) == 2


# --- that it can do no harm --------------------------------------------------------------------


def test_the_live_settings_alone_decide_whoever_the_draft_would_let_in(
    saml_idp: SamlProvider, service_keys: object, browser: Browser
) -> None:
    """The draft believes a key that the live settings do not."""
    row = Provider.objects.get()
    row.settings |= {"certificates": [NEXT]}
    row.save()
    drafted("corp-saml", certificates=[saml_idp.keys.certificate])
    assert browser.saml_sign_in(person="ben").status_code == 403
    assert browser.session is None
    assert figures("corp-saml") == (1, 0, 1)
    assert words("corp-saml")[0].startswith("The draft accepts; the live settings refuse at")


def test_an_assertion_that_the_draft_saw_is_still_used_once(
    saml_idp: SamlProvider, browser: Browser
) -> None:
    drafted("corp-saml")
    form = browser.saml_form("corp-saml", "ben")
    assert browser.answer_saml("corp-saml", form).status_code == 303
    assert browser.answer_saml("corp-saml", form).status_code == 400
    assert figures("corp-saml") == (1, 1, 0)


def broken(*_args: object, **_options: object) -> None:
    raise RuntimeError("the draft's own fault")


@pytest.mark.parametrize("place", ["drafted", "as_drafted"])
def test_a_draft_that_breaks_is_counted_and_nobody_notices(
    idp: OidcProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    drafted()
    monkeypatch.setattr(f"providers.draft.{place}", broken)
    assert browser.sign_in(person="ada").status_code == 303
    found = ShadowSettings.objects.get()
    assert (found.judged, found.same, found.broken, found.different) == (1, 0, 1, 0)


def test_it_is_judged_when_the_answer_is_made_and_not_before(
    idp: OidcProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    judged = shadow._judge
    monkeypatch.setattr(shadow, "_judge", lambda seen: (order.append("draft"), judged(seen)))
    handled: Callable[..., object] = browser.client.handler.get_response

    def answering(request: object) -> object:
        answer = handled(request)
        order.append("answer")
        return answer

    monkeypatch.setattr(browser.client.handler, "get_response", answering)
    drafted()
    callback = visit(browser.leave("corp-oidc")).location
    order.clear()
    assert browser.get(callback).status_code == 303
    assert order == ["answer", "draft"]


def test_a_draft_whose_keys_do_not_come_holds_nobody_up(
    idp: OidcProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it fetches is fetched by its own short clock."""
    drafted()
    clocks: list[float] = []
    sent = HttpClient._send

    def timed(client: HttpClient, *args: object) -> object:
        clocks.append(client._timeout)
        return sent(client, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(HttpClient, "_send", timed)
    assert browser.sign_in(person="ada").status_code == 303
    assert figures() == (1, 1, 0)
    assert [seconds for seconds in clocks if seconds < 10] != []
    assert all(0 < seconds <= 3 for seconds in clocks if seconds < 10)


def test_only_a_few_are_judged_at_once(idp: OidcProvider, browser: Browser) -> None:
    drafted()
    for _ in range(shadow.AT_ONCE):
        assert shadow._free.acquire(blocking=False)
    try:
        assert browser.sign_in(person="ada").status_code == 303
    finally:
        for _ in range(shadow.AT_ONCE):
            shadow._free.release()
    assert figures() == (0, 0, 0)


def test_another_endpoint_is_not_given_the_code(idp: OidcProvider, browser: Browser) -> None:
    """Where the draft would redeem it elsewhere, it is not redeemed at all."""
    drafted()
    callback = visit(browser.leave("corp-oidc")).location
    idp.lie.discovery["token_endpoint"] = f"{idp.issuer}/elsewhere"
    assert browser.get(callback).status_code == 303
    assert words()[0].startswith("The draft would ask something else, which was not done")
    assert idp.asked["token"] == 1


def test_the_draft_of_one_provider_judges_no_other(idp: OidcProvider, browser: Browser) -> None:
    oidc_row(idp, "next-oidc", name="Next")
    drafted("next-oidc")
    browser.sign_in(person="ada")
    assert figures("next-oidc") == (0, 0, 0)
