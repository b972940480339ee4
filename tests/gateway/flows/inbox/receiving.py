"""An app that is told who has to go: it reads what is posted to it by the client library."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gatehouse_client import Ended, NotVouchedFor, PublicKeys, verify_ended
from gateway import wiring
from gateway.relying_parties.models import RelyingParty
from gateway.tokens.keys import public_jwks
from tests.fakes.http_server import serving

LOOPBACK = ["127.0.0.0/8"]


@dataclass
class App:
    row: RelyingParty
    status: str = "202 Accepted"
    posted: list[bytes] = field(default_factory=list)
    types: list[str] = field(default_factory=list)

    def heard(self) -> list[Ended]:
        return [self.read(body) for body in self.posted]

    def read(self, body: bytes, **named: Any) -> Ended:
        jwks = json.loads(json.dumps(public_jwks(wiring.key_ring())))
        said = {"audience": self.row.origins[0], "issuer": wiring.config().base_url}
        return verify_ended(body, keys=PublicKeys(jwks=jwks), **(said | named))

    def read_any_time(self, body: bytes) -> Ended:
        """As it would have been read when it was sent."""
        said = json.loads(urlsafe_b64decode(body.split(b".")[1] + b"=="))["iat"]
        return self.read(body, now=datetime.fromtimestamp(said, UTC))

    def refuses(self, body: bytes, **named: Any) -> str:
        try:
            self.read(body, **named)
        except NotVouchedFor as error:
            return str(error)
        return ""


@contextmanager
def app(slug: str) -> Iterator[App]:
    row = RelyingParty.objects.create(
        slug=slug,
        name=slug.title(),
        origins=[f"https://{slug}.corp.example"],
        access=[{"path": "/", "roles": [], "public": False}],
        endings_networks=LOOPBACK,
    )
    made = App(row)

    def answer(environ: Any, start: Any) -> list[bytes]:
        made.posted.append(environ["wsgi.input"].read())
        made.types.append(environ["CONTENT_TYPE"])
        start(made.status, [])
        return [b""]

    with serving(answer) as server:
        row.endings_url = f"{server.url}/ended"
        row.save()
        yield made
