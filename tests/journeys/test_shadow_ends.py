"""A draft of a provider's settings: begun, looked at, promoted or dropped."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import draft
from gateway.flows.errors import DraftGone, DraftStale
from providers.errors import ProviderMisconfigured
from providers.models import Provider, ShadowSettings
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import key_pair
from tests.journeys.browser import Browser
from tests.journeys.shadowing import drafted
from tests.journeys.trying import admin

NEXT = key_pair("idp-next").certificate
PAGE = "/console/providers/corp-oidc/shadow/"


def test_what_cannot_work_is_no_draft(idp: OidcProvider) -> None:
    with pytest.raises(ProviderMisconfigured, match="signing_algorithms"):
        drafted(signing_algorithms=["none"])
    assert not ShadowSettings.objects.exists()


def test_promoted_it_is_the_live_settings_and_on_record(
    saml_idp: SamlProvider, browser: Browser
) -> None:
    drafted("corp-saml", certificates=[saml_idp.keys.certificate, NEXT])
    browser.saml_sign_in(person="ben")
    since, now = ShadowSettings.objects.get().since, timezone.now()
    draft.promote("corp-saml", since, actor="dora", now=now)
    assert Provider.objects.get().settings["certificates"] == [saml_idp.keys.certificate, NEXT]
    assert not ShadowSettings.objects.exists()
    assert browser.saml_sign_in(person="ben").status_code == 303
    told = {event.event: event.detail for event in AuditEvent.objects.filter(actor="dora")}
    assert told["provider-draft.begun"]["fields"] == ["settings.certificates"]
    assert told["provider.configured"]["fields"] == ["settings.certificates"]
    assert told["provider-draft.promoted"] == {
        "provider": "corp-saml",
        "judged": 1,
        "same": 1,
        "different": 0,
    }


def test_live_settings_that_changed_meanwhile_are_not_overwritten(idp: OidcProvider) -> None:
    drafted(signing_algorithms=["RS256"])
    row = Provider.objects.get()
    row.settings |= {"client_id": "another"}
    row.save()
    since, now = ShadowSettings.objects.get().since, timezone.now()
    with pytest.raises(DraftStale):
        draft.promote("corp-oidc", since, actor="dora", now=now)
    assert Provider.objects.get().settings["client_id"] == "another"
    assert ShadowSettings.objects.exists()


def test_a_draft_that_was_replaced_is_neither_promoted_nor_dropped(idp: OidcProvider) -> None:
    drafted(signing_algorithms=["RS256"])
    since, now = ShadowSettings.objects.get().since, timezone.now()
    drafted(signing_algorithms=["ES256"])
    for verb in (draft.promote, draft.drop):
        with pytest.raises(DraftGone):
            verb("corp-oidc", since, actor="dora", now=now)
    assert Provider.objects.get().settings.get("signing_algorithms") is None


def test_dropped_it_leaves_the_live_settings_as_they_are(idp: OidcProvider) -> None:
    before = Provider.objects.get().settings
    drafted(signing_algorithms=["ES256"])
    draft.drop("corp-oidc", ShadowSettings.objects.get().since, actor="dora", now=timezone.now())
    assert Provider.objects.get().settings == before
    assert not ShadowSettings.objects.exists()
    assert AuditEvent.objects.filter(event="provider-draft.dropped").exists()


# --- the page ----------------------------------------------------------------------------------


def does(browser: Browser, what: str, page: str = PAGE, **fields: str) -> str:
    """Presses one of its buttons; the page that follows."""
    browser.get(page)
    answer = browser.post(page, {"do": what, **fields})
    if answer.status_code == 303:
        answer = browser.get(answer["Location"])
    assert answer.status_code in {200, 409}, answer.content.decode()
    return str(answer.content.decode())


def since() -> str:
    return ShadowSettings.objects.get().since.isoformat()


def form(**settings: object) -> dict[str, str]:
    row = Provider.objects.get()
    return {"settings": json.dumps(row.settings | settings), "dialect": row.dialect, "metadata": ""}


def test_from_the_page_begun_watched_and_promoted(idp: OidcProvider, browser: Browser) -> None:
    admin(browser)
    assert "No sign-in was judged yet" in does(browser, "begin", **form(claims_from=["id_token"]))
    Browser().sign_in(person="ada")
    page = browser.get(PAGE).content.decode()
    for shown in (
        "Begun by dora.",
        "One sign-in was judged: 0 the same, 1 different",
        "Loses the role deployer.",
        "settings.claims_from: nothing -&gt; [&quot;id_token&quot;]",
        "?q=",
    ):
        assert shown in page, shown
    asked = does(browser, "ask", since=since())
    assert "Sign-ins judged: 1. The same: 0. Different: 1." in asked
    assert "The draft is the live settings now." in does(browser, "promote", since=since())
    assert Provider.objects.get().settings["claims_from"] == ["id_token"]
    [event] = AuditEvent.objects.filter(event="provider-draft.promoted")
    assert browser.session is not None
    assert event.actor == browser.session.account


def test_what_a_draft_cannot_be_stands_beside_its_field(
    idp: OidcProvider, browser: Browser
) -> None:
    admin(browser)
    page = does(browser, "begin", **form(signing_algorithms=["none"]))
    assert "signing_algorithms" in page
    assert "is no JSON" in does(browser, "begin", **(form() | {"settings": "{"}))
    assert not ShadowSettings.objects.exists()


def test_pasted_metadata_fills_the_draft(saml_idp: SamlProvider, browser: Browser) -> None:
    admin(browser, slug="corp-saml")
    page = "/console/providers/corp-saml/shadow/"
    pasted = saml_idp.metadata().decode().replace(saml_idp.base_url + "/sso", "https://new/sso")
    does(browser, "begin", page, **(form() | {"metadata": pasted}))
    found = ShadowSettings.objects.get()
    assert (found.settings["sso_url"], found.pasted) == ("https://new/sso", True)
    assert found.settings["signed"] == "both"


def test_a_stale_draft_says_what_was_changed_and_is_not_promoted(
    idp: OidcProvider, browser: Browser
) -> None:
    admin(browser)
    drafted(claims_from=["id_token"])
    row = Provider.objects.get()
    row.settings |= {"client_id": "another"}
    row.save()
    page = does(browser, "promote", since=since())
    assert "The live settings were changed meanwhile" in page
    assert "settings.client_id: &quot;gatehouse&quot; -&gt; &quot;another&quot;" in page
    assert Provider.objects.get().settings == row.settings


def test_dropped_from_the_page(idp: OidcProvider, browser: Browser) -> None:
    admin(browser)
    drafted(claims_from=["id_token"])
    assert "The draft was dropped" in does(browser, "drop", since=since())
    assert not ShadowSettings.objects.exists()


@pytest.mark.parametrize("said", ["", "yesterday", "2026-13-45T00:00:00+00:00", "2026-01-01T00:00"])
def test_which_draft_must_be_said(idp: OidcProvider, browser: Browser, said: str) -> None:
    admin(browser)
    drafted()
    for verb in ("promote", "drop"):
        assert browser.post(PAGE, {"do": verb, "since": said}).status_code == 400
    assert browser.post(PAGE, {"do": "anything"}).status_code == 400
    assert ShadowSettings.objects.exists()


def test_whoever_may_not_change_providers_sees_no_draft(
    idp: OidcProvider, browser: Browser
) -> None:
    admin(browser, may="view_provider")
    drafted()
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"do": "drop", "since": since()}).status_code == 403
    assert ShadowSettings.objects.exists()


def test_what_the_provider_said_runs_in_no_page(idp: OidcProvider, browser: Browser) -> None:
    admin(browser)
    drafted(claims_from=["id_token"])
    hostile = "<script>alert(1)</script>"
    idp.lie.userinfo[hostile] = "x"
    Browser().sign_in(person="ada")
    page = browser.get(PAGE).content.decode()
    assert "&lt;script&gt;" in page
    assert hostile not in page


def test_the_figures_on_the_command_line(
    idp: OidcProvider, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="no draft"):
        call_command("providers", "shadow", "corp-oidc")
    drafted(claims_from=["id_token"])
    browser.sign_in(person="ada")
    call_command("providers", "shadow", "corp-oidc")
    told = capsys.readouterr().out
    assert "1 judged: 0 the same, 1 different, 0 broken" in told
    assert "Loses the role deployer." in told
    with pytest.raises(CommandError):
        call_command("providers", "shadow", "nobody")
