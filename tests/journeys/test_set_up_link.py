"""Whoever holds a set-up link fills in one provider's form, and can do nothing else."""

import logging
import re
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows.configure import make_link
from providers.models import Provider, SetUpLink
from provisioning.models import Account, LinkedIdentity
from tests.fakes.oidc_provider import CLIENT_SECRET, OidcProvider, oidc_provider
from tests.fakes.saml_provider import SamlProvider
from tests.journeys.browser import Browser, saml_row
from tests.journeys.setting_up import DESK, admin, answers, idp, link, text

__all__ = ["admin", "idp", "link"]

pytestmark = pytest.mark.usefixtures("house")


def test_by_the_link_alone_the_form_is_filled_in_and_an_admin_enables_it(
    idp: OidcProvider, admin: Browser, link: str, browser: Browser
) -> None:
    page = text(browser.get(link))
    assert "Connect Corp to Corp" in page
    assert "http://gateway.corp.localhost:8000/oidc/corp-oidc/callback" in page
    answer = browser.post(link, answers(idp))
    assert "Nobody signs in by it before your contact" in text(answer), text(answer)
    assert f"{idp.issuer}/token" in text(answer)
    row = Provider.objects.get()
    assert not row.enabled
    assert row.secret("client_secret") == CLIENT_SECRET
    event = AuditEvent.objects.get(event="provider.configured")
    assert event.actor == f"setup link {SetUpLink.objects.get().pk} Ben at Contoso"
    assert "Ben at Contoso filled it in by a set-up link" in text(admin.get(DESK))
    seen = admin.get(f"{DESK}enable/").context["version"]
    browser.post(link, answers(idp) | {"client_secret": "another"})  # while the admin looks at it
    changed = text(admin.post(f"{DESK}enable/", {"version": seen}))
    assert "It was changed meanwhile." in changed
    assert not Provider.objects.get().enabled
    browser.post(link, answers(idp))
    seen = admin.get(f"{DESK}enable/").context["version"]
    admin.post(f"{DESK}enable/", {"version": seen})
    assert browser.sign_in(person="ada").status_code == 303
    assert Browser().get(link).status_code == 404  # it ended with that


def test_the_link_is_shown_once_kept_as_a_digest_and_on_record(admin: Browser, link: str) -> None:
    secret = link.rpartition("/")[2]
    row = SetUpLink.objects.get()
    assert row.digest == sha256(secret.encode()).hexdigest()
    assert row.expires_at - row.made_at == timedelta(days=7)
    assert secret not in admin.get(f"{DESK}links/").content.decode()
    event = AuditEvent.objects.get(event="set-up-link.made")
    assert event.detail["holder"] == "Ben at Contoso"
    assert secret not in str(event.detail)


def test_looking_changes_nothing(link: str, browser: Browser) -> None:
    before = AuditEvent.objects.count()
    browser.get(link)
    browser.get(link)
    assert AuditEvent.objects.count() == before
    assert SetUpLink.objects.get().used_at is None


def test_the_page_has_the_doors_policy_and_no_referer_holds_its_address(
    link: str, browser: Browser
) -> None:
    answer = browser.get(link)
    assert (
        "default-src 'none'; style-src 'self'; script-src 'self'"
        in (answer["Content-Security-Policy"])
    )
    assert answer["Referrer-Policy"] == "strict-origin"
    assert answer["Cache-Control"] == "no-store"
    assert "<script>" not in answer.content.decode()
    assert "style=" not in answer.content.decode()


MORE = {
    "enabling": {"enabled": "on"},
    "another name": {"name": "Contoso"},
    "another row": {"slug": "other", "provider": "other", "id": "1"},
    "another protocol": {"protocol": "saml", "dialect": "okta", "vendor": "okta"},
    "a link policy": {"link_policy": "verified-email", "newcomers": "approval"},
    "e-mail domains": {"email_domains": "corp.example"},
    "networks": {"allowed_networks": "0.0.0.0/0", "ca": "x", "proxy": "http://10.0.0.1"},
    "settings": {"settings": '{"trace_claims": true, "issuer": "https://a.example"}'},
    "any setting": {"upstream_logout": "off", "claims_providers": "https://a.example"},
    "another secret": {"secrets_private_key": "x", "private_key": "x", "tls_private_key": "x"},
    "rules": {"rules": "[]", "mapping": "[]", "content": "[]"},
}


@pytest.mark.parametrize("what", sorted(MORE))
def test_whatever_else_is_sent_changes_nothing_else(
    idp: OidcProvider, link: str, browser: Browser, what: str
) -> None:
    other = Provider.objects.create(slug="other", name="Other", protocol="oidc", dialect="plain")
    browser.get(link)
    assert "Saved." in text(browser.post(link, answers(idp, **MORE[what])))
    row = Provider.objects.get(slug="corp-oidc")
    assert (row.enabled, row.name, row.protocol, row.dialect, row.vendor) == (
        *(False, "Corp", "oidc"),
        *("plain", "plain"),
    )
    assert (row.link_policy, row.newcomers, row.email_domains) == ("never", "created", [])
    assert row.settings == {
        "allowed_networks": ["127.0.0.0/8"],
        "issuer": idp.issuer,
        "client_id": "gatehouse",
    }
    assert set(row.sealed_secrets) == {"client_secret"}
    untouched = Provider.objects.get(slug="other")
    assert (untouched.settings, untouched.updated_at) == ({}, other.updated_at)
    assert Provider.objects.count() == 2


@pytest.mark.parametrize(
    "path",
    [
        *("", "enable/", "disable/", "delete/", "connection/", "links/"),
        *("links/1/revoke/", "../connect", "../connect/okta-oidc", "../", "../../../admin/"),
    ],
)
def test_whoever_holds_the_link_opens_nothing_else(link: str, browser: Browser, path: str) -> None:
    from posixpath import normpath

    browser.get(link)
    address = normpath(f"{DESK}{path}") + ("/" if path.endswith("/") or not path else "")
    assert browser.get(address).status_code == 302  # to the doors
    assert browser.post(address, {"sessions": "end"}).status_code == 302
    assert Provider.objects.get().settings == {"allowed_networks": ["127.0.0.0/8"]}


def test_a_guess_opens_nothing_and_guessing_is_limited(link: str, browser: Browser) -> None:
    for _ in range(30):
        last = browser.get("/set-up/" + "A" * 43).status_code
    assert last in (404, 429)
    assert browser.get("/set-up/" + "A" * 43).status_code == 429


def test_a_link_cannot_make_the_gateway_ask_around(
    idp: OidcProvider, link: str, browser: Browser
) -> None:
    browser.get(link)
    wrong = answers(idp, address=f"{idp.issuer}/none")
    statuses = [browser.post(link, wrong).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


def test_without_a_network_that_an_admin_allowed_nothing_near_is_asked(
    idp: OidcProvider, link: str, browser: Browser
) -> None:
    Provider.objects.update(settings={})
    browser.get(link)
    answer = browser.post(link, answers(idp, allowed_networks="127.0.0.0/8"))
    assert "address" in answer.context["page"].form.errors
    assert idp.asked == {}
    assert Provider.objects.get().settings == {}


def test_another_sites_form_is_refused(idp: OidcProvider, link: str, browser: Browser) -> None:
    browser.get(link)
    assert browser.cross_site_post(link, answers(idp)).status_code == 403
    assert Provider.objects.get().sealed_secrets == {}


def test_the_secret_of_one_issuer_is_never_kept_for_another(
    idp: OidcProvider, link: str, browser: Browser
) -> None:
    """Else whoever holds the link would have it sent to a server of her own."""
    browser.get(link)
    browser.post(link, answers(idp))
    shown = browser.get(link).content.decode()
    assert CLIENT_SECRET not in shown
    assert Provider.objects.get().sealed_secrets["client_secret"] not in shown
    with oidc_provider() as hers:
        answer = browser.post(link, answers(hers, client_secret=""))
        assert "client_secret" in answer.context["page"].form.errors
        assert Provider.objects.get().settings["issuer"] == idp.issuer
    again = browser.post(link, answers(idp, client_secret="", client_id="renamed"))
    assert "Saved." in text(again)  # the same issuer keeps it
    assert Provider.objects.get().secret("client_secret") == CLIENT_SECRET


def test_nothing_that_is_logged_holds_the_link(
    idp: OidcProvider, link: str, browser: Browser, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.request").setLevel("CRITICAL")
    secret = link.rpartition("/")[2]
    browser.get(link)
    browser.post(link, answers(idp, address=f"{idp.issuer}/none"))
    browser.cross_site_post(link, answers(idp))
    SetUpLink.objects.update(revoked_at=timezone.now())
    browser.get(link)
    assert caplog.records
    assert [r.getMessage() for r in caplog.records if secret in r.getMessage()] == []
    assert [r.name for r in caplog.records if secret in str(r.exc_text)] == []


def test_saml_too_is_filled_in_by_a_link(admin: Browser, browser: Browser, service_keys) -> None:
    provider = SamlProvider()
    row = saml_row(provider, service_keys, slug="contoso")
    Provider.objects.filter(pk=row.pk).update(enabled=False, settings={"signed": "both"})
    desk = "/console/providers/contoso/links/"
    admin.get(desk)
    made = text(admin.post(desk, {"holder": "Ben", "days": "1"}))
    link = re.search(r"/set-up/[\w-]{43}", made).group(0)
    browser.get(link)
    answer = browser.post(link, {"metadata": provider.metadata().decode()})
    assert "Saved." in text(answer)
    assert Provider.objects.get(slug="contoso").settings["entity_id"] == provider.entity_id


def test_a_links_holder_does_not_speak_for_the_people_of_a_deleted_saml_provider(
    admin: Browser, browser: Browser, service_keys
) -> None:
    provider = SamlProvider()
    LinkedIdentity.objects.create(
        account=Account.objects.get(username="dora"),
        issuer=f"saml:{provider.entity_id}",
        subject="G-dora",
        provider="gone",
        first_seen=timezone.now(),
        last_seen=timezone.now(),
    )
    row = saml_row(provider, service_keys, slug="contoso")
    Provider.objects.filter(pk=row.pk).update(enabled=False, settings={"signed": "both"})
    link = urlsplit(
        make_link("contoso", holder="Eve", days=7, actor="dora", now=timezone.now())
    ).path
    browser.get(link)
    forged = {"metadata": provider.metadata().decode()}
    answer = browser.post(link, forged)
    assert "people are known here already" in str(answer.context["page"].form.errors["metadata"])
    assert Provider.objects.get(slug="contoso").unfinished
    assert SetUpLink.objects.get().used_at is None
    # An administrator may, and is told before she enables it.
    admin.get("/console/providers/contoso/connection/")
    admin.post("/console/providers/contoso/connection/", {"name": "Contoso", **forged})
    page = text(admin.get("/console/providers/contoso/enable/"))
    assert "1 account is known by it already" in page
