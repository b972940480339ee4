"""A set-up link ends by time, by an admin's click, and when its provider is switched on."""

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows.configure import enable_provider, revoke_link, version
from providers.models import Provider, SetUpLink
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser
from tests.journeys.setting_up import DESK, admin, answers, idp, link

__all__ = ["admin", "idp", "link"]

pytestmark = pytest.mark.usefixtures("house")


def too_old(link: str) -> None:
    SetUpLink.objects.update(expires_at=timezone.now())


def revoked(link: str) -> None:
    row = SetUpLink.objects.get()
    revoke_link("corp-oidc", row.pk, actor="dora", now=timezone.now())
    assert AuditEvent.objects.filter(event="set-up-link.revoked").count() == 1


def deleted(link: str) -> None:
    Provider.objects.all().delete()


def enabled(link: str) -> None:
    Provider.objects.update(enabled=True)


@pytest.mark.parametrize(
    ("end", "status"), [(too_old, 404), (revoked, 404), (deleted, 404), (enabled, 409)]
)
def test_a_link_that_has_ended_opens_nothing(
    idp: OidcProvider, link: str, browser: Browser, end, status: int
) -> None:
    browser.get(link)
    end(link)
    assert browser.get(link).status_code == status
    assert browser.post(link, answers(idp)).status_code == status
    assert not Provider.objects.filter(settings__issuer=idp.issuer).exists()


@pytest.mark.parametrize(("end", "status"), [(revoked, 404), (enabled, 409)])
def test_a_link_that_ends_while_the_provider_is_asked_saves_nothing(
    idp: OidcProvider, link: str, browser: Browser, monkeypatch, end, status: int
) -> None:
    from gateway.flows.configure import connecting

    asked = connecting.discover

    def meanwhile(*args):
        end(link)
        return asked(*args)

    browser.get(link)
    monkeypatch.setattr(connecting, "discover", meanwhile)
    assert browser.post(link, answers(idp)).status_code == status
    assert Provider.objects.get().sealed_secrets == {}


def test_a_provider_in_use_has_no_link_made(admin: Browser, link: str) -> None:
    Provider.objects.update(enabled=True)
    answer = admin.post(f"{DESK}links/", {"holder": "Eve", "days": "7"})
    assert answer.status_code == 409
    assert SetUpLink.objects.count() == 1


def test_switching_on_ends_the_links_for_good(
    idp: OidcProvider, link: str, browser: Browser
) -> None:
    browser.get(link)
    browser.post(link, answers(idp))
    seen = version(Provider.objects.get())
    enable_provider("corp-oidc", seen=seen, actor="dora", now=timezone.now())
    Provider.objects.update(enabled=False)
    assert browser.get(link).status_code == 404
