"""A real SimpleSAMLphp: a SAML provider that shares no line of code with Keycloak or with us.

Debian's package, unpacked into the cache (installed, it would bring a web server that starts), is
served by PHP's own server with a configuration of its own (`tests/live/simplesamlphp/`). It learns
of the gateway from the gateway's metadata.
"""

import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from django.utils import timezone

from deploy import programs
from deploy.keycloak.distribution import alone, cache_folder
from deploy.programs import Program
from gateway.flows.configuration import MetadataPlace, WantedProvider
from gateway.flows.configure import save_provider
from gateway.flows.metadata_fetch import fetched, in_force
from providers.models import Provider
from tests.fakes.saml_signing import key_pair
from tests.journeys.browser import Browser
from tests.live.keycloak import free_port
from tests.live.visitor import BrowserThere

SLUG = "simple-saml"
START_SECONDS = 30
_OURS = Path(__file__).with_name("simplesamlphp")
_PACKAGE = "simplesamlphp"
_FETCH_SECONDS = 120
_LOGIN = re.compile(r'name="AuthState" value="([^"]+)"')


class SimpleSaml:
    """The provider; every test begins with its first key and without knowledge of the gateway."""

    def __init__(self, home: Path) -> None:
        self.home, self.url = home, f"http://127.0.0.1:{free_port()}"
        self.password = secrets.token_urlsafe(16)
        self.metadata_url = f"{self.url}/saml2/idp/metadata.php"
        for folder in ("cert", "data", "tmp", "sessions", "metadata", "config"):
            (home / folder).mkdir()
        for name in ("config.php", "authsources.php"):
            shutil.copy(_OURS / name, home / "config")
        for name in ("saml20-idp-hosted.php", "saml20-sp-remote.php"):
            shutil.copy(_OURS / name, home / "metadata")
        for name in ("first", "second"):
            pair = key_pair(f"simplesaml-{name}")
            (home / "cert" / f"{name}.key").write_text(pair.key)
            (home / "cert" / f"{name}.pem").write_text(pair.certificate)
        self.forget()

    def program(self) -> Program:
        address = self.url.removeprefix("http://")
        router = str(_OURS / "router.php")
        return Program(
            name="SimpleSAMLphp",
            command=("php", "-S", address, "-t", str(_unpacked() / "www"), router),
            log=self.home / "log",
            environment={
                "SIMPLESAMLPHP_CONFIG_DIR": str(self.home / "config"),
                "IDP_HOME": str(self.home),
                "IDP_URL": self.url,
                "IDP_SECRET": self.password,
                "PHP_CLI_SERVER_WORKERS": "2",
            },
        )

    def forget(self) -> None:
        self.signs_with("first")
        (self.home / "gateway.xml").unlink(missing_ok=True)

    def signs_with(self, keys: str) -> None:
        """`first`; `next`, with the second published beside it; or `turned`, by the second."""
        (self.home / "keys").write_text(keys)

    def know(self, document: bytes, **more: object) -> None:
        """Reads the gateway's metadata; `more` are settings of SimpleSAMLphp for it."""
        (self.home / "gateway.xml").write_bytes(document)
        strict = {
            "validate.authnrequest": True,
            "validate.logout": True,
            "saml20.sign.response": True,
            "saml20.sign.assertion": True,
            "sign.logout": True,
        }
        (self.home / "gateway.json").write_text(json.dumps(strict | more))


class AtSimpleSaml(BrowserThere):
    def __init__(self, idp: SimpleSaml) -> None:
        super().__init__(idp.url)
        self._password = idp.password

    def prove(self, page: httpx.Response, username: str) -> httpx.Response:
        found = _LOGIN.search(page.text)
        if found is None:
            return page
        fields = {
            "username": username,
            "password": self._password,
            "AuthState": unescape(found[1]),
        }
        action = re.findall(r'<form action="([^"]*)"', page.text)
        return self.open(urljoin(str(page.url), unescape(action[0])), fields)


def asks_who_she_is(page: httpx.Response) -> bool:
    return _LOGIN.search(page.text) is not None


def _unpacked() -> Path:
    """The package's own folder, fetched once."""
    home = cache_folder() / _PACKAGE
    cache_folder().mkdir(parents=True, exist_ok=True)
    with alone(cache_folder() / "simplesamlphp.lock"):
        if not home.exists():
            new = home.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            # apt's own user may not write here, which it would remark on
            fetch = ["apt-get", "download", "-o", "APT::Sandbox::User=root", _PACKAGE]
            subprocess.run(fetch, cwd=new, check=True, timeout=_FETCH_SECONDS)
            [package] = new.glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", package, new], check=True, timeout=_FETCH_SECONDS)
            new.rename(home)
    return home / "usr" / "share" / _PACKAGE


@pytest.fixture(scope="session")
def simplesaml_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleSaml]:
    idp = SimpleSaml(tmp_path_factory.mktemp("simplesaml"))
    running = programs.start(idp.program())
    port = int(idp.url.rpartition(":")[2])
    try:
        programs.wait_until(
            lambda: programs.answers(port, "/saml2/idp/metadata.php"), running, START_SECONDS
        )
        yield idp
    finally:
        programs.stop([running])


@pytest.fixture
def simplesaml(simplesaml_server: SimpleSaml, house: None) -> Iterator[SimpleSaml]:
    """Connected by its metadata's address, and it by ours."""
    idp, now = simplesaml_server, timezone.now()
    place = MetadataPlace(url=idp.metadata_url, allowed_networks=("127.0.0.0/8",))
    document = fetched(place, now)
    wanted = WantedProvider(
        slug=SLUG,
        name="Simple",
        protocol="saml",
        dialect="plain",
        settings={
            **document.settings(),
            "signed": "both",
        },
        secrets=_own_keys(),
        metadata=in_force(place, document, now),
    )
    save_provider(wanted, actor="operator", now=now)
    idp.know(our_metadata())
    yield idp
    idp.forget()


def _own_keys() -> dict[str, str | None]:
    pair = key_pair("gateway")
    return {"sp_private_key": pair.key, "sp_certificate": pair.certificate}


def our_metadata() -> bytes:
    return bytes(Browser().get(f"/saml/{SLUG}/metadata").content)


def set_up(**settings: object) -> None:
    row = Provider.objects.get(slug=SLUG)
    row.settings |= settings
    row.save()
