"""The example apps, as real servers, believe nothing but the gateway; and take an honest word."""

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from deploy import programs
from gateway import wiring
from gateway.flows.prove import prove
from gateway.relying_parties.models import RelyingParty
from gateway.tokens.keys import public_jwks
from tests.fakes.http_server import serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def jwks_url() -> Iterator[str]:
    body = json.dumps(public_jwks(wiring.key_ring())).encode()

    def shows(_environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [body]

    with serving(shows) as server:
        yield f"http://127.0.0.1:{server.server_port}/"


@pytest.mark.parametrize(
    ("slug", "interface", "target"),
    [
        ("wiki", "asginl", "examples.wiki.app:app"),
        ("payroll", "wsgi", "examples.payroll.wsgi:application"),
    ],
)
def test_an_example_believes_nothing_else(
    slug: str, interface: str, target: str, jwks_url: str, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    origin = f"http://{slug}.corp.localhost:{port}"
    RelyingParty.objects.create(
        slug=slug,
        name=slug,
        origins=[origin],
        access=[{"path": "/", "roles": ["payroll"], "public": False}],
    )
    granian = str(Path(sys.executable).with_name("granian"))
    started = programs.start(
        programs.Program(
            name=slug,
            command=(granian, "--interface", interface, "--port", str(port), target),
            log=tmp_path / "log",
            environment={
                f"{slug.upper()}_ORIGIN": origin,
                "GATEHOUSE_ISSUER": wiring.config().base_url,
                "GATEHOUSE_JWKS_URL": jwks_url,
            },
        )
    )
    try:
        programs.wait_until(lambda: programs.listens(port), started, 30)
        proof = prove(
            f"{origin}/",
            direct=f"http://127.0.0.1:{port}",
            honest=True,
            actor="operator",
            now=timezone.now(),
        )
    finally:
        programs.stop([started])
    assert [(each.name, each.why) for each in proof.tried if each.verdict != "refused"] == []
    assert (proof.honest, proof.status) == ("taken", 0)
