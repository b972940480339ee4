"""The provider as a site of its own: the legs that a browser walks, over real HTTP."""

import html
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from providers.connector import AuthenticationResponse, LogoutRequest
from providers.dialects import DIALECTS
from providers.saml import metadata
from providers.saml.connector import SamlConnector
from providers.saml.settings import parse, parse_secrets
from tests.fakes.cache import MemoryCache
from tests.fakes.saml_case import SECRETS, SERVICE, SERVICE_KEYS, login_request

ROOT = Path(__file__).resolve().parents[2]


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def get(url: str, cookie: str = "") -> tuple[int, bytes, str]:
    opener = build_opener(Stay())
    request = Request(url, headers={"Cookie": cookie} if cookie else {})
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status, answer.read(), ""
    except OSError as error:
        if not hasattr(error, "code"):
            raise
        location = error.headers.get("Location", "")  # type: ignore[attr-defined]
        error.close()  # type: ignore[attr-defined]
        return error.code, b"", location


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    certificate = tmp_path_factory.mktemp("saml") / "service.pem"
    certificate.write_text(SERVICE_KEYS.certificate)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.fakes.saml_provider", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--service-certificate", str(certificate)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            get(f"{url}/metadata")
            break
        except OSError:
            time.sleep(0.1)
    yield url
    server.terminate()
    server.wait(timeout=20)


@pytest.fixture
def connector(site: str) -> SamlConnector:
    now = datetime.now(UTC)
    found = metadata.read(get(f"{site}/metadata")[1], now=now)
    return SamlConnector(
        slug="corp",
        settings=parse({**found.settings(), "signed": "both"}),
        secrets=parse_secrets(SECRETS),
        dialect=DIALECTS["keycloak"],
        cache=MemoryCache(now),
        entity_id=f"{SERVICE}/metadata",
    )


def signed_in(connector: SamlConnector, *, query: str = "", cookie: str = ""):
    now = datetime.now(UTC)
    request = replace(login_request(), expires_at=now + timedelta(minutes=10))
    _, page, _ = get(connector.begin(request, now).url + query, cookie)
    fields = {
        name: html.unescape(value)
        for name, value in re.findall(r'name=(\w+) value="([^"]*)"', page.decode())
    }
    assert re.search(rf'action="{re.escape(request.callback_url)}"', page.decode())
    response = AuthenticationResponse(method="POST", fields=fields)
    return connector.complete(request, response, datetime.now(UTC))


@pytest.mark.parametrize(
    ("query", "cookie", "username", "groups"),
    [
        ("", "", "ada", 1),
        ("&person=dora", "", "dora", 1),
        ("", "person=p0042", "p0042", 20),
        ("&person=p1000", "person=ben", "p1000", 20),
    ],
)
def test_a_browser_walks_to_the_provider_and_back(
    connector: SamlConnector, query: str, cookie: str, username: str, groups: int
) -> None:
    found = signed_in(connector, query=query, cookie=cookie)
    assert found.username == username
    assert len(found.claims.texts("groups")) == groups


def test_a_browser_walks_there_to_sign_out(connector: SamlConnector) -> None:
    hint = signed_in(connector).logout_hint
    assert hint is not None
    request = LogoutRequest(id="q" * 43, hint=hint, return_url=f"{SERVICE}/slo")
    binding = connector.end_session(request, datetime.now(UTC))
    assert binding is not None
    status, _, location = get(binding.url)
    assert status == 302
    query = urlsplit(location).query
    answer = AuthenticationResponse(method="GET", fields=dict(parse_qsl(query)), query=query)
    connector.logout_ended(request, answer)
    assert location.startswith(request.return_url)


def test_a_request_that_we_did_not_sign_is_not_answered(connector: SamlConnector) -> None:
    url = connector.begin(login_request(), datetime.now(UTC)).url
    status, page, _ = get(url.replace("RelayState=r", "RelayState=x"))
    assert status == 500
    assert b"SAMLResponse" not in page
