"""Apps behind the gateway: one that is careful, and many that each believe one thing too much."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import WSGIApplication

import jwt
from django.utils import timezone
from joserfc.jwk import ECKey

from gateway import wiring
from gateway.flows.prove import Proof, prove
from gateway.relying_parties.models import RelyingParty
from gateway.tokens.keys import public_jwks
from tests.fakes.http_server import serving

ASSERTION = "HTTP_X_GATEHOUSE_ASSERTION"
Environ = dict[str, Any]
Reads = Callable[[Environ], str | None]  # who it takes the request for


@dataclass
class House:
    """Where the app is, and what it knows of the gateway."""

    origin: str = ""
    requests: list[Environ] = field(default_factory=list)

    def keys(self) -> dict[str, ECKey]:
        said = public_jwks(wiring.key_ring())["keys"]
        return {key["kid"]: ECKey.import_key(key) for key in said if key["purpose"] == "assertion"}

    def verified(
        self, token: str, *, typ: bool = True, pem: bytes | None = None, **lax: bool
    ) -> str:
        header = jwt.get_unverified_header(token)
        if typ and header.get("typ") != "gatehouse-assertion+jwt":
            raise jwt.InvalidTokenError
        claims = jwt.decode(
            token,
            pem or self.keys()[header["kid"]].as_pem(private=False),
            algorithms=["ES256"],
            audience=self.origin,
            issuer=wiring.config().base_url,
            options={f"verify_{name}": False for name in lax},
        )
        return str(claims["sub"])


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, payload, signature = token.split(".")
    return _decoded(header), _decoded(payload), signature


def _decoded(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "==")))


def careful(house: House) -> Reads:
    return lambda environ: house.verified(environ[ASSERTION])


def _too_lax(house: House, **lax: bool) -> Reads:
    return lambda environ: house.verified(environ[ASSERTION], **lax)


def _header(name: str) -> Callable[[House], Reads]:
    return lambda _house: lambda environ: environ.get(name) or None


def _like_php(_house: House) -> Reads:
    def reads(environ: Environ) -> str | None:
        merged = {name.replace(".", "_"): value for name, value in environ.items()}
        return merged.get("HTTP_X_GATEHOUSE_USER") if "HTTP_X.GATEHOUSE.USER" in environ else None

    return reads


def _any_alg(house: House) -> Reads:
    """The library takes the algorithm from the header and the key for whatever that needs."""

    def reads(environ: Environ) -> str | None:
        header, claims, signature = parts(environ[ASSERTION])
        if header["alg"] != "HS256":
            return None
        pem = house.keys()[header["kid"]].as_pem(private=False)
        signed = environ[ASSERTION].rpartition(".")[0].encode()
        mac = base64.urlsafe_b64encode(hmac.digest(pem, signed, "sha256")).rstrip(b"=")
        return claims["sub"] if mac.decode() == signature else None

    return reads


def _unsigned(alg: str) -> Callable[[House], Reads]:
    def reads(environ: Environ) -> str | None:
        header, claims, signature = parts(environ[ASSERTION])
        return claims["sub"] if header["alg"] == alg and not signature else None

    return lambda _house: reads


def _brought_key(house: House) -> Reads:
    def reads(environ: Environ) -> str | None:
        brought = jwt.get_unverified_header(environ[ASSERTION]).get("jwk")
        key = ECKey.import_key(brought).as_pem(private=False) if brought else None
        return house.verified(environ[ASSERTION], pem=key) if key else None

    return reads


def _unverified(_house: House) -> Reads:
    def reads(environ: Environ) -> str | None:
        header, claims, signature = parts(environ[ASSERTION])
        return claims["sub"] if "kid" in header and signature else None

    return reads


def _without_kid(_house: House) -> Reads:
    def reads(environ: Environ) -> str | None:
        header, claims, _ = parts(environ[ASSERTION])
        return claims["sub"] if "kid" not in header else None

    return reads


def _record(_house: House) -> Reads:
    return lambda environ: json.loads(environ[ASSERTION][environ[ASSERTION].index("{") :])["sub"]


# The lie that each of them must be caught at.
NAIVE: dict[str, Callable[[House], Reads]] = {
    "headers.plain": _header("HTTP_X_GATEHOUSE_USER"),
    "headers.small": _header("HTTP_X_GATEHOUSE_ACCOUNT"),
    "headers.capitals": _header("HTTP_X_GATEHOUSE_NAME"),
    "headers.underscores": _header("HTTP_X_GATEHOUSE_EMAIL"),
    "headers.mixed": _header("HTTP_X_GATEHOUSE_ROLES"),
    "headers.dots": _like_php,
    "headers.doubled": _header("HTTP_X_GATEHOUSE_PROVIDER"),
    "headers.cousins": _header("HTTP_REMOTE_USER"),
    "assertion.other-app": lambda house: _too_lax(house, aud=True),
    "assertion.expired": lambda house: _too_lax(house, exp=True),
    "assertion.other-issuer": lambda house: _too_lax(house, iss=True),
    "assertion.other-kind": lambda house: _too_lax(house, typ=False),
    "assertion.record": _record,
    "assertion.stranger": _unverified,
    "assertion.stranger-without-kid": _without_kid,
    "assertion.embedded-jwk": _brought_key,
    "assertion.public-key-as-secret": _any_alg,
    "assertion.alg-none": _unsigned("none"),
    "assertion.alg-none-spelled-otherwise": _unsigned("nOnE"),
    "assertion.signature-cut": _unsigned("ES256"),
}


@contextmanager
def running(app: Callable[[House], WSGIApplication], **row: Any) -> Iterator[House]:
    """The app, and its row at the gateway."""
    house = House()
    with serving(app(house)) as server:
        house.origin = f"http://127.0.0.1:{server.server_port}"
        access = [{"path": "/", "roles": ["editor"], "public": False}]
        RelyingParty.objects.create(
            **{"slug": "wiki", "name": "Wiki", "origins": [house.origin], "access": access, **row}
        )
        yield house


def page(
    makes: Callable[[House], Reads],
    *,
    refuses: str = "401 Unauthorized",
    greets: bool = True,
    knows: str = "200 OK",
) -> Callable[[House], WSGIApplication]:
    """Shows who asks (`greets`) under the status `knows`, and refuses whom it does not know."""

    def made(house: House) -> WSGIApplication:
        reads = makes(house)

        def app(environ: Environ, start: Any) -> list[bytes]:
            house.requests.append(environ)
            try:
                name = reads(environ)
            except (jwt.InvalidTokenError, ValueError, KeyError):
                name = None
            start(knows if name else refuses, [("Content-Type", "text/plain")])
            return [f"Hello {name if name and greets else 'there'}".encode()]

        return app  # type: ignore[return-value]

    return made


def proven(house: House, **options: Any) -> Proof:
    return prove(f"{house.origin}/who?a=1", actor="operator", now=timezone.now(), **options)


def caught(proof: Proof) -> set[str]:
    return {each.name for each in proof.tried if each.verdict == "believed"}
