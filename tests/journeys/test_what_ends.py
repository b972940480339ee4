"""A certificate that ends is seen everywhere, twelve days before; turning it over silences all."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from gateway.flows import saml_keys
from gateway.flows.configure import current_provider, save_provider
from gateway.flows.saml_keys import Step
from gateway.tasks.endings import tell
from providers.models import Provider
from tests.fakes.saml_signing import key_pair
from tests.fakes.smtp_server import SmtpServer, mailing
from tests.gateway.ending import FAR, in_days, saml_provider
from tests.gateway.pages.signed_in import HOST, browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

TOKEN = "t" * 32


@pytest.fixture
def post(settings: Any) -> Iterator[SmtpServer]:
    with mailing(settings, operator_email=("it@corp.example",), metrics_token=TOKEN) as server:
        yield server


@pytest.fixture
def desk() -> Client:
    return browser_of(staff())


def seen(desk: Client, words: str) -> dict[str, bool]:
    """Where it is told that this ends in twelve days."""
    page = desk.get("/admin/").content.decode()
    out = StringIO()
    with pytest.raises(SystemExit):  # the tests' Redis is good for trying out alone
        call_command("doctor", "--json", stdout=out)
    doctor = [f["says"] for f in json.loads(out.getvalue())["findings"] if f["area"] == "forecast"]
    scraper = Client(headers={"Host": HOST, "Authorization": f"Bearer {TOKEN}"})
    metrics = scraper.get("/metrics").content.decode()
    return {
        "page": f"providers, {words} ends in 12 days".lower() in page.lower(),
        "doctor": any(f"{words} ends in 12 days" in said for said in doctor),
        "metrics": 'gatehouse_ends_in_seconds{kind="' in metrics,
    }


def everywhere(*, told: bool) -> dict[str, bool]:
    return dict.fromkeys(("page", "doctor", "metrics"), told)


def told_by_mail(post: SmtpServer) -> list[str]:
    for _ in range(3):
        tell()
    return [str(mail["Subject"]) for mail in post.mails]


def test_the_providers_certificate(desk: Client, post: SmtpServer) -> None:
    row = saml_provider(idp=in_days(12))
    saml_provider("ping")
    words = "The signing certificate of okta"
    assert seen(desk, words) == everywhere(told=True)
    assert told_by_mail(post) == [f"Corp: {words} ends in 12 days"]
    following = key_pair("idp-next", until=FAR).certificate
    changed = row.settings | {"certificates": [*row.settings["certificates"], following]}
    save_provider(current_provider(row, settings=changed), actor="dora", now=timezone.now())
    assert seen(desk, words) == everywhere(told=False)
    assert len(told_by_mail(post)) == 1


def test_our_own_certificate(desk: Client, post: SmtpServer) -> None:
    saml_provider(own=in_days(12))
    saml_provider("ping")
    words = "Our certificate at okta"
    assert seen(desk, words) == everywhere(told=True)
    assert told_by_mail(post) == [f"Corp: {words} ends in 12 days"]
    for step in (Step.PUBLISHED, Step.SIGNS, Step.RETIRED):
        assert saml_keys.rotate("okta", actor="operator", now=timezone.now()) is step
        assert seen(desk, words) == everywhere(told=step is not Step.RETIRED)
        assert len(told_by_mail(post)) == 1


def test_a_client_secret(desk: Client, post: SmtpServer) -> None:
    saml_provider("ping")
    wanted = Provider(
        slug="entra",
        name="Entra",
        protocol="oidc",
        dialect="entra",
        settings={
            "issuer": "https://login.corp.example",
            "client_id": "gatehouse",
            "client_secret_expires": str(in_days(12).date()),
        },
    )
    secrets = {"client_secret": "never shown"}
    save_provider(current_provider(wanted, secrets=secrets), actor="dora", now=timezone.now())
    row = Provider.objects.get(slug="entra")
    words = "The client secret at entra"
    assert seen(desk, words) == everywhere(told=True)
    assert told_by_mail(post) == [f"Corp: {words} ends in 12 days"]
    changed = row.settings | {"client_secret_expires": "2099-01-01"}
    after = current_provider(row, settings=changed, secrets={"client_secret": "another"})
    save_provider(after, actor="dora", now=timezone.now())
    assert seen(desk, words) == everywhere(told=False)
    assert len(told_by_mail(post)) == 1
