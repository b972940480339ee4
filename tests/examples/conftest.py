"""Both example apps as real servers, beside a signer that stands where the gateway would."""

import base64
import json
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy import programs
from tests.examples.signer import ISSUER, Signer

GRANIAN = str(Path(sys.executable).with_name("granian"))


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    origin: str
    signer: Signer
    client: httpx.Client

    def get(self, path: str = "/", assertion: str | None = None, **headers: str) -> httpx.Response:
        carried = {"X-Gatehouse-Assertion": assertion} if assertion is not None else {}
        return self.client.get(path, headers=headers | carried)


def unsigned(audience: str, signer: Signer) -> str:
    """The words of a good assertion under `alg: none`."""
    _, body, _ = signer.assertion(audience).split(".")
    header = {"alg": "none", "typ": "gatehouse-assertion+jwt", "kid": signer.key.kid}
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{encoded}.{body}."


REFUSED: dict[str, Callable[[str, Signer], str]] = {
    "said to another app": lambda _, signer: signer.assertion("http://elsewhere.corp.localhost"),
    "said to nobody": lambda _, signer: signer.assertion("", aud=None),
    "said by another gateway": lambda own, signer: signer.assertion(own, iss="http://evil.example"),
    "expired": lambda own, signer: signer.assertion(own, iat=1, exp=1_000),
    "without an end": lambda own, signer: signer.assertion(own, exp=None),
    "about nobody": lambda own, signer: signer.assertion(own, sub=None),
    "signed for another purpose": lambda own, signer: signer.assertion(own, typ="JWT"),
    "signed by a stranger": lambda own, signer: signer.by_a_stranger(own),
    "not signed": unsigned,
    "no token at all": lambda *_: "ada",
    "empty": lambda *_: "",
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def signer() -> Iterator[Signer]:
    made = Signer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def serve(signer: Signer, tmp_path_factory: pytest.TempPathFactory):
    """Starts an app as `serve(host, setting of its origin, interface, target, more settings)`; the
    last are made of the origin.
    """
    started = []

    def start(
        host: str,
        setting: str,
        interface: str,
        target: str,
        more: Callable[[str], dict[str, str]] = lambda _: {},
    ) -> App:
        port = _free_port()
        origin = f"http://{host}:{port}"
        program = programs.Program(
            name=target,
            command=(GRANIAN, "--interface", interface, "--port", str(port), target),
            log=tmp_path_factory.mktemp("app") / "app.log",
            environment={
                setting: origin,
                "GATEHOUSE_ISSUER": ISSUER,
                "GATEHOUSE_JWKS_URL": signer.jwks_url,
            }
            | more(origin),
        )
        running = programs.start(program)
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Host": f"{host}:{port}"}
        )
        started.append((running, client))
        programs.wait_until(lambda: programs.listens(port), running, 30)
        return App(origin=origin, signer=signer, client=client)

    yield start
    for running, client in started:
        client.close()
        programs.stop([running])
