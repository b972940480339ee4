"""Rows whose calls leave by a proxy, to servers under the company's own authority."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.flows import metadata
from gateway.flows.configure import current_provider, save_provider
from providers import network, registry
from providers.connector import (
    AuthenticationRequest,
    AuthenticationResponse,
    Connector,
    RedirectBinding,
)
from providers.errors import ProviderUnreachable
from providers.models import MetadataSource, Provider
from tests.fakes.authority import DAY, Authority
from tests.fakes.cache import MemoryCache
from tests.fakes.connect_proxy import ConnectProxy, connect_proxy
from tests.fakes.http_server import WebServer, serving
from tests.fakes.oidc_case import CALLBACK
from tests.fakes.oidc_provider import CLIENT_SECRET, OidcProvider
from tests.fakes.saml_metadata import Publisher
from tests.fakes.saml_signing import key_pair
from tests.gateway.apply.conftest import NOW

pytestmark = pytest.mark.django_db

NAME, ADDRESS = "idp.corp.example", "93.184.216.34"
AUTHORITY = Authority()
OIDC = """\
providers:
  - slug: corp
    name: Corp
    protocol: oidc
    dialect: plain
    settings:
      issuer: {issuer}
      client_id: gatehouse
      allowed_networks: ["127.0.0.0/8"]
      proxy: {proxy}
      ca_certificates:
        - |
          {pem}
    secrets: {{client_secret: "env:OIDC", proxy_credentials: "env:PROXY"}}
"""
SAML = """\
providers:
  - slug: corp-saml
    name: Corp (SAML)
    protocol: saml
    dialect: keycloak
    metadata:
      url: {url}
      allowed_networks: ["127.0.0.0/8"]
      proxy: {proxy}
      ca_certificates: ["file:ca.pem"]
    settings: {{signed: both}}
    secrets:
      sp_private_key: file:key.pem
      sp_certificate: file:certificate.pem
      proxy_credentials: env:PROXY
"""


@pytest.fixture
def proxy(monkeypatch) -> Iterator[ConnectProxy]:
    addresses = {NAME: ADDRESS}
    monkeypatch.setattr(
        network,
        "getaddrinfo",
        lambda host, port, proto: [(0, 0, 0, "", (addresses.get(host, host), port))],
    )
    with connect_proxy(credentials="gate:s3cret") as running:
        yield running


@pytest.fixture
def files(operator):
    operator.variables |= {"OIDC": CLIENT_SECRET, "PROXY": "gate:s3cret"}
    service = key_pair("gateway")
    operator.file(service.key, "key.pem")
    operator.file(service.certificate, "certificate.pem")
    operator.file(AUTHORITY.pem, "ca.pem")
    return operator


def lead(proxy: ConnectProxy, server: WebServer) -> str:
    place = f"{ADDRESS}:{server.server_port}"
    proxy.leads[place] = ("127.0.0.1", server.server_port)
    return f"CONNECT {place} HTTP/1.1"


@pytest.fixture
def idp(proxy) -> Iterator[OidcProvider]:
    provider = OidcProvider()
    with serving(provider, tls=AUTHORITY.server(NAME)) as server:
        provider.base = f"https://{NAME}:{server.server_port}"
        lead(proxy, server)
        yield provider


def oidc(idp: OidcProvider, proxy: ConnectProxy, pem: str = AUTHORITY.pem) -> str:
    indented = pem.strip().replace("\n", "\n          ")
    return OIDC.format(issuer=idp.issuer, proxy=proxy.url, pem=indented)


def authorized(idp: OidcProvider, binding: object) -> AuthenticationResponse:
    """What the browser brings back, which has ways of its own to the provider."""
    assert isinstance(binding, RedirectBinding)
    asked = dict(parse_qsl(urlsplit(binding.url).query))
    _, headers, _ = idp._authorize(asked, {})
    fields = dict(parse_qsl(urlsplit(headers["Location"]).query))
    return AuthenticationResponse(method="GET", fields=fields)


def request() -> AuthenticationRequest:
    return AuthenticationRequest(
        id="s" * 43,
        provider="corp",
        callback_url=CALLBACK,
        return_to="/",
        nonce="n" * 43,
        code_verifier="v" * 43,
        force_authentication=False,
        expires_at=NOW + timedelta(minutes=10),
    )


def connector(idp: OidcProvider) -> Connector:
    idp.at(NOW.timestamp())
    row = registry.enabled("corp")
    return registry.connector(row, base_url="https://gateway.example", cache=MemoryCache(NOW))


def test_a_whole_sign_in_goes_through_the_proxy(files, idp, proxy):
    files.apply(oidc(idp, proxy))
    corp = connector(idp)
    came = authorized(idp, corp.begin(request(), NOW))
    assert corp.complete(request(), came, NOW).username == "ada"
    assert idp.asked == {"discovery": 1, "keys": 1, "token": 1, "userinfo": 1}
    assert len(proxy.asked) == 1  # one connection was kept for all of it


def test_a_row_without_its_password_names_the_secret(files, idp, proxy):
    files.apply(oidc(idp, proxy).replace(', proxy_credentials: "env:PROXY"', ""))
    with pytest.raises(ProviderUnreachable, match=r"secrets\.proxy_credentials"):
        connector(idp).begin(request(), NOW)


def test_an_authority_that_has_ended_is_refused_when_it_is_named_and_not_later(files, idp, proxy):
    ended = Authority(begins=NOW - 90 * DAY, lives=30 * DAY)
    (fault,) = files.faults(oidc(idp, proxy, ended.pem))
    assert "settings.ca_certificates CN=Corp CA is an authority from" in fault
    files.apply(oidc(idp, proxy))
    off = replace(current_provider(Provider.objects.get()), enabled=False)
    saved = save_provider(off, actor="operator", now=NOW + 9999 * DAY, last_too=True)
    assert saved.fields == ["enabled"]


def test_saml_metadata_is_read_and_renewed_through_the_proxy(files, proxy):
    publisher = Publisher()
    with serving(publisher, tls=AUTHORITY.server(NAME)) as server:
        line = lead(proxy, server)
        url = f"https://{NAME}:{server.server_port}/metadata"
        text = SAML.format(url=url, proxy=proxy.url)
        assert files.apply(text) == ("+ provider corp-saml",)
        assert files.apply(text) == ()
        source = MetadataSource.objects.get()
        assert (source.proxy, source.ca_certificates) == (proxy.url, [AUTHORITY.pem])
        metadata.refresh(now=source.checked_at + timedelta(hours=2))
        assert MetadataSource.objects.get().error == ""
        assert publisher.asked == 3
        assert proxy.asked == [line] * 3


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("proxy: http://gate:s3cret@proxy.corp.example", "secret proxy_credentials instead"),
        ("proxy: 7", "write file:path"),
        ('ca_certificates: ["ca.pem"]', "is not file:path"),
        ('ca_certificates: ["file:certificate.pem"]', "not of an authority"),
        ('ca_certificates: ["file:old.pem"]', "is an authority from"),
    ],
)
def test_a_wrong_way_to_metadata_is_a_fault(files, proxy, wrong, problem):
    files.file(Authority(begins=NOW - 90 * DAY, lives=30 * DAY).pem, "old.pem")
    name = wrong.partition(":")[0]
    lines = SAML.format(url=f"https://{NAME}/metadata", proxy=proxy.url).splitlines()
    text = "\n".join(f"      {wrong}" if name + ":" in line else line for line in lines)
    (fault,) = files.faults(text)
    assert problem in fault
    assert "s3cret" not in fault


def test_an_http_issuer_has_no_proxy(files, idp, proxy):
    text = oidc(idp, proxy).replace(idp.issuer, "http://127.0.0.1:8080")
    (fault,) = files.faults(text)
    assert "settings.proxy carries https alone" in fault


def test_wrong_credentials_are_refused_by_their_name(files, idp, proxy):
    files.variables["PROXY"] = "no-password"
    (fault,) = files.faults(oidc(idp, proxy))
    assert "secrets.proxy_credentials must be name:password" in fault
