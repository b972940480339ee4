"""`manage.py providers`: our own keys at a provider, made and turned over."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import provider_keys
from providers.models import Provider

pytestmark = pytest.mark.django_db

HOST = "gateway.corp.localhost:8000"


@pytest.fixture
def row() -> Provider:
    provider = Provider(
        slug="corp",
        name="Corp",
        protocol="oidc",
        dialect="plain",
        enabled=False,
        settings={"issuer": "https://idp.corp.example", "client_id": "gatehouse"},
    )
    provider.seal_secret("client_secret", "a secret of the company")
    provider.save()
    return provider


def published(slug: str = "corp"):
    return Client(headers={"Host": HOST}).get(f"/oidc/{slug}/jwks.json")


def kids() -> list[str]:
    return [key["kid"] for key in published().json()["keys"]]


def steps() -> list[tuple[str, list[str]]]:
    told = AuditEvent.objects.filter(event="provider-keys.turned").order_by("id")
    return [(event.detail["step"], event.detail["keys"]) for event in told]


def test_the_first_keys_are_made_here_and_only_their_public_halves_leave(row, capsys):
    call_command("providers", "make-keys", "corp", "--kind", "ec")
    told = capsys.readouterr().out
    assert f"http://{HOST}/oidc/corp/jwks.json" in told
    answer = published()
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/jwk-set+json"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert [(key["use"], key["alg"]) for key in answer.json()["keys"]] == [
        ("sig", "ES256"),
        ("enc", "ECDH-ES"),
    ]
    row.refresh_from_db()
    for name in ("private_key", "decryption_key"):
        secret = row.secret(name)
        assert secret not in told
        assert '"d"' in secret
    assert '"d"' not in answer.content.decode()
    assert steps() == [("made", ["decryption_key", "private_key"])]


def test_keys_are_turned_over_in_two_steps(row):
    call_command("providers", "make-keys", "corp", "--kind", "ec")
    first = kids()
    call_command("providers", "rotate-keys", "corp")
    assert set(first) < set(kids())
    with pytest.raises(CommandError, match=r"Nothing was changed.*24 hours"):
        call_command("providers", "rotate-keys", "corp", "--promote")
    later = timezone.now() + timedelta(hours=25)
    provider_keys.promote("corp", early=False, now=later)
    assert first[0] in kids()
    assert first[1] not in kids()
    assert [step for step, _ in steps()] == ["made", "published", "in-use"]


def test_a_key_that_has_leaked_need_not_wait_a_day(row, capsys):
    call_command("providers", "make-keys", "corp", "--kind", "ec")
    call_command("providers", "rotate-keys", "corp")
    call_command("providers", "rotate-keys", "corp", "--promote", "--now")
    assert "In use now: decryption_key, private_key" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["rotate-keys", "corp"], "no key of ours"),
        (["rotate-keys", "corp", "--promote"], "no next key"),
        (["make-keys", "nobody"], "nobody is no OIDC provider"),
        (["rotate-keys", "nobody"], "nobody is no OIDC provider"),
    ],
)
def test_what_cannot_be_done_changes_nothing_and_says_why(row, arguments, problem):
    before = Provider.objects.values_list("sealed_secrets", flat=True)[0]
    with pytest.raises(CommandError, match=problem):
        call_command("providers", *arguments)
    assert Provider.objects.values_list("sealed_secrets", flat=True)[0] == before
    assert steps() == []


def test_keys_that_are_there_are_not_made_twice(row):
    call_command("providers", "make-keys", "corp", "--kind", "ec")
    before = kids()
    with pytest.raises(CommandError, match="has its keys already"):
        call_command("providers", "make-keys", "corp")
    assert kids() == before


def test_a_provider_over_saml_has_no_such_keys(row):
    row.protocol = "saml"
    row.save()
    with pytest.raises(CommandError, match="no OIDC provider"):
        call_command("providers", "make-keys", "corp")
    assert published().status_code == 404


def test_a_provider_that_nobody_knows_publishes_nothing(db):
    assert published("nobody").status_code == 404


def test_before_there_are_keys_none_are_published(row):
    assert published().json() == {"keys": []}


def test_keys_are_only_read_at_their_address(row):
    assert Client(headers={"Host": HOST}).post("/oidc/corp/jwks.json").status_code == 405
