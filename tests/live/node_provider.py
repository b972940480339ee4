"""A real oidc-provider on Node.js: an OIDC provider that shares no line of code with Keycloak.

Its packages are those of the lock in `tests/live/node_provider/`, fetched once. Clients register
themselves there, so every test says what its client is like.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from deploy import programs
from deploy.keycloak.distribution import alone, cache_folder
from deploy.programs import Program, Running
from gateway.flows.configuration import WantedProvider
from gateway.flows.configure import save_provider
from tests.live.keycloak import GATEWAY, free_port
from tests.live.visitor import BrowserThere
from tests.live.way_back import WayBack, way_back

SLUG = "node"
START_SECONDS = 30
INSTALL_SECONDS = 300
_NOT_YET = "n" * 43
_OURS = Path(__file__).with_name("node_provider")


class NodeProvider:
    def __init__(self, home: Path, way_back: WayBack) -> None:
        self.home, self.way_back = home, way_back
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.token = secrets.token_urlsafe(16)
        self.turns = 0
        self.running: Running
        self._write_keys()

    def program(self) -> Program:
        return Program(
            name="oidc-provider",
            command=("node", str(_installed() / "server.mjs")),
            log=self.home / "log",
            environment={
                "IDP_URL": self.issuer,
                "IDP_PORT": str(self.port),
                "IDP_KEYS": str(self.home / "keys.json"),
                "IDP_GATEWAY": GATEWAY,
                "IDP_WAY_BACK": f"http://127.0.0.1:{self.way_back.port}",
                "IDP_TOKEN": self.token,
            },
        )

    def _write_keys(self) -> None:
        def named(name: str) -> dict[str, Any]:
            return {"use": "sig", "kid": f"{name}-{self.turns}"}

        keys: list[Key] = [
            RSAKey.generate_key(2048, named("rsa")),
            ECKey.generate_key("P-256", named("ec")),
            OKPKey.generate_key("Ed25519", named("ed")),
        ]
        told = {"keys": [key.as_dict(private=True) for key in keys]}
        (self.home / "keys.json").write_text(json.dumps(told))

    def turn_keys(self) -> None:
        """Signs by new keys from now on, and publishes no old one."""
        self.turns += 1
        self._write_keys()
        # the program leads its group; its leash would end with a signal to it alone
        os.killpg(self.running.process.pid, signal.SIGHUP)
        programs.wait_until(
            lambda: f"rsa-{self.turns}" in httpx.get(f"{self.issuer}/jwks").text,
            self.running,
            START_SECONDS,
        )

    def register(self, **wanted: object) -> dict[str, Any]:
        """A client by dynamic registration (RFC 7591); what the provider answered."""
        client = {
            "redirect_uris": [f"{GATEWAY}/oidc/{SLUG}/callback"],
            "post_logout_redirect_uris": [f"{GATEWAY}/oidc/{SLUG}/signed-out"],
            "jwks_uri": f"{GATEWAY}/oidc/{SLUG}/jwks.json",
            **wanted,
        }
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.issuer}/reg", json=client, headers=headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


class AtNode(BrowserThere):
    def prove(self, page: httpx.Response, username: str) -> httpx.Response:
        if not asks_who_she_is(page):
            return page
        [action] = re.findall(r'<form[^>]*action="([^"]+)"', page.text)
        fields = {"prompt": "login", "login": username, "password": "any"}
        return self.open(unescape(action), fields)


def asks_who_she_is(page: httpx.Response) -> bool:
    return 'name="login"' in page.text


def _installed() -> Path:
    """The server with its packages, in a folder named by what they are."""
    said = b"".join((_OURS / name).read_bytes() for name in ("package-lock.json", "server.mjs"))
    home = cache_folder() / "node-provider" / hashlib.sha256(said).hexdigest()[:12]
    cache_folder().mkdir(parents=True, exist_ok=True)
    with alone(cache_folder() / "node-provider.lock"):
        if not home.exists():
            new = home.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            shutil.copytree(_OURS, new)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=new, check=True, timeout=INSTALL_SECONDS)
            new.rename(home)
    return home


@pytest.fixture(scope="session")
def node_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProvider]:
    with way_back() as back:
        idp = NodeProvider(tmp_path_factory.mktemp("node-provider"), back)
        idp.running = programs.start(idp.program())
        try:
            programs.wait_until(
                lambda: programs.answers(idp.port, "/jwks"), idp.running, START_SECONDS
            )
            yield idp
        finally:
            programs.stop([idp.running])


@pytest.fixture
def node(node_server: NodeProvider, house: None) -> Iterator[NodeProvider]:
    with node_server.way_back.opened():
        yield node_server


@pytest.fixture
def connect(node: NodeProvider) -> Callable[..., None]:
    """Connects it as a client with these attributes: `client` there, `settings` here."""

    def made(client: dict[str, object] | None = None, **settings: object) -> None:
        _save(
            node, "not-yet", _NOT_YET, settings
        )  # its keys of ours stand where the provider reads them
        answer = node.register(**(client or {}))
        _save(node, answer["client_id"], answer.get("client_secret", _NOT_YET), settings)

    return made


def _save(node: NodeProvider, client_id: str, secret: str, settings: dict[str, object]) -> None:

    wanted = WantedProvider(
        slug=SLUG,
        name="Node",
        protocol="oidc",
        dialect="plain",
        settings={
            "issuer": node.issuer,
            "client_id": client_id,
            "allowed_networks": ["127.0.0.0/8"],
            **settings,
        },
        secrets={"client_secret": secret},
    )
    save_provider(wanted, actor="operator", now=timezone.now())
