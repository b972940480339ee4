"""`make demo`, up: what it says, who answers, and what a second one does."""

import http.client
from dataclasses import dataclass

import pytest

from deploy.demo.addresses import Addresses
from tests.live.demo import start


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    location: str
    body: str


def ask(url: str, port: int | None = None) -> Answer:
    """Browsers know that `*.localhost` is this machine; Python's resolver is told so."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    assert scheme == "http"
    connection = http.client.HTTPConnection(
        "127.0.0.1", port or int(host.split(":")[1]), timeout=30
    )
    try:
        connection.request("GET", f"/{path}", headers={"Host": host, "Sec-Fetch-Mode": "navigate"})
        answer = connection.getresponse()
        location = answer.getheader("Location") or ""
        return Answer(status=answer.status, location=location, body=answer.read().decode())
    finally:
        connection.close()


def test_it_names_every_address_every_person_and_the_password(demo):
    said = demo.said()
    for url in (demo.addresses.wiki_url, demo.addresses.payroll_url, demo.addresses.gateway_url):
        assert f"{url}/" in said
    for person in ("ada", "ben", "cleo", "dora"):
        assert f"    {person} " in said
    assert demo.password in said


def test_the_gateways_door_answers_at_its_own_address(demo):
    answer = ask(f"{demo.addresses.gateway_url}/sign-in")
    assert answer.status == 200
    assert "Corp" in answer.body


@pytest.mark.parametrize("app", ["wiki_url", "payroll_url"])
def test_an_app_sends_whoever_is_not_signed_in_to_the_gateway(demo, app):
    origin = getattr(demo.addresses, app)
    first = ask(f"{origin}/")
    assert first.status == 302
    assert first.location.startswith((f"{origin}/.gatehouse/start", "/.gatehouse/start"))


def test_the_apps_are_not_reached_past_the_gateway_with_made_up_headers(demo):
    assert ask(f"{demo.addresses.wiki_url}/", demo.addresses.wiki).status == 401


def test_the_keys_are_published_on_the_loopback_address(demo):
    answer = ask(f"{demo.addresses.gateway_internal_url}/.well-known/jwks.json")
    assert answer.status == 200
    assert '"kid"' in answer.body


@pytest.mark.parametrize("provider", ["corp-oidc", "corp-saml"])
def test_either_provider_leads_to_the_real_keycloak(demo, provider):
    answer = ask(f"{demo.addresses.gateway_url}/sign-in/{provider}")
    assert answer.status == 302
    assert answer.location.startswith(f"{demo.addresses.keycloak_url}/realms/corp/protocol/")
    assert "kc-form-login" in ask(answer.location).body


def test_secrets_are_for_their_owner_alone(demo):
    assert demo.folder.stat().st_mode & 0o077 == 0
    for path in (demo.folder / "credentials").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_no_secret_stands_on_a_command_line(demo):
    secrets = [path.read_text() for path in (demo.folder / "credentials").iterdir()]
    for process in demo.family():
        line = " ".join(process.cmdline())
        assert not any(secret in line for secret in secrets), process.name()


def test_a_second_one_prints_the_running_addresses_and_is_content(demo):
    before = demo.said()
    second = start(demo.folder, Addresses(base=demo.addresses.base + 1))
    code = second.process.wait(timeout=60)
    said = second.said()
    second.output.write_text(before)
    assert code == 0
    assert f"running already (process {demo.process.pid})" in said
    assert f"{demo.addresses.wiki_url}/" in said
    assert demo.process.poll() is None


def test_a_port_in_use_is_named_with_its_owner_and_the_way_to_others(demo, tmp_path):
    other = start(tmp_path / "other", demo.addresses)
    assert other.process.wait(timeout=60) == 1
    said = other.said()
    assert (
        f"Port {demo.addresses.proxy}, wanted for the public addresses, is in use by caddy" in said
    )
    assert "make demo PORT=" in said
    assert demo.process.poll() is None
