"""A draft of a provider's settings: begun, looked at, promoted or dropped."""

import pytest
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

NEXT = key_pair("idp-next").certificate


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
