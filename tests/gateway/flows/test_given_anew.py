"""What one proxy or one issuer is told is never told to another."""

from dataclasses import replace

import pytest
from django.utils import timezone

from gateway.flows import draft
from gateway.flows.configure import current_provider, save_provider
from providers import draft as drafts
from providers.errors import ProviderMisconfigured
from providers.models import Provider, ShadowSettings
from tests.journeys.browser import oidc_row

pytestmark = pytest.mark.django_db(transaction=True)
PROXY, THEIRS = "https://proxy.corp.example:3128", "https://proxy.evil.example:3128"
SECRET = "gate:s3cret"


class Idp:
    issuer = "https://idp.corp.example"


@pytest.fixture
def row() -> Provider:
    made = oidc_row(Idp(), settings={"proxy": PROXY})
    made.seal_secret("proxy_credentials", SECRET)
    made.save()
    return made


def another(row: Provider) -> dict[str, object]:
    return row.settings | {"proxy": THEIRS}


def test_another_proxy_is_not_shown_the_credentials(row: Provider) -> None:
    wanted = current_provider(row, settings=another(row))
    save_provider(wanted, actor="dora", now=timezone.now())
    assert "proxy_credentials" not in Provider.objects.get().sealed_secrets


def test_credentials_that_come_with_it_are_kept(row: Provider) -> None:
    said = {"proxy_credentials": SECRET}
    wanted = current_provider(row, settings=another(row), secrets=said)
    save_provider(wanted, actor="dora", now=timezone.now())
    assert Provider.objects.get().secret("proxy_credentials") == SECRET


def test_whatever_else_changes_the_credentials_stay(row: Provider) -> None:
    wanted = replace(current_provider(row), name="Corp and sons")
    save_provider(wanted, actor="dora", now=timezone.now())
    assert Provider.objects.get().secret("proxy_credentials") == SECRET


def test_a_draft_shows_them_to_its_live_proxy_alone(row: Provider) -> None:
    for settings, shown in ((row.settings, True), (another(row), False)):
        now = timezone.now()
        shadow = draft.begin("corp-oidc", settings, "plain", pasted=False, actor="dora", now=now)
        assert ("proxy_credentials" in drafts.as_drafted(row, shadow).sealed_secrets) is shown
    draft.promote("corp-oidc", ShadowSettings.objects.get().since, actor="dora", now=now)
    assert "proxy_credentials" not in Provider.objects.get().sealed_secrets


def test_a_secret_of_one_issuer_is_not_sent_to_another(row: Provider) -> None:
    moved = row.settings | {"issuer": "https://idp.evil.example"}
    with pytest.raises(ProviderMisconfigured, match=r"secrets\.client_secret"):
        save_provider(current_provider(row, settings=moved), actor="dora", now=timezone.now())
    wanted = current_provider(row, settings=moved, secrets={"client_secret": "another"})
    save_provider(wanted, actor="dora", now=timezone.now())
    assert Provider.objects.get().secret("client_secret") == "another"
