"""A transmitter of shared signals that really signs, and lies on request.

In a test: `with ssf_transmitter() as transmitter:`. What it is told to `say` over a polled stream
waits until it is acknowledged.
"""

import base64
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.http_server import serving
from tests.fakes.oidc_forgery import sign, with_lies
from tests.fakes.oidc_provider import SIGNING_KEYS

CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
STREAM = "https://schemas.openid.net/secevent/ssf/event-type/"
CLIENT, SECRET = "gatehouse-signals", "hush: the transmitter's own=%"
AUDIENCE = "gatehouse-signals/stream-1"


class SsfTransmitter:
    def __init__(self) -> None:
        self.issuer = ""
        self.key = SIGNING_KEYS["ES256"]
        self.streams: dict[str, dict[str, Any]] = {}
        self.waiting: dict[str, str] = {}  # tokens over a polled stream, by jti
        self.polls: list[dict[str, Any]] = []
        self.refused: dict[str, dict[str, str]] = {}
        self.states: list[str] = []
        self.configuration: dict[str, Any] = {}  # told instead
        self.made: dict[str, Any] = {}  # told instead of a stream
        self.down = False
        self.at_once = 2  # of one answer to a poll
        self._tokens: set[str] = set()

    def event(self, kind: str, subject: Any, **claims: Any) -> str:
        """One event, signed; `claims` are told instead, `header` and `key` likewise."""
        header, key = claims.pop("header", {}), claims.pop("key", self.key)
        payload, at = claims.pop("payload", {}), claims.pop("at", time.time())
        told = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "iat": int(at),
            "jti": secrets.token_hex(8),
            "txn": secrets.token_hex(8),
            "sub_id": subject,
            "events": {kind: payload},
        }
        named = {"alg": "ES256", "kid": self.key.kid, "typ": "secevent+jwt"}
        header = with_lies(named, header)
        return sign(header, with_lies(told, claims), key, header["alg"])

    def say(self, kind: str, subject: Any, **claims: Any) -> str:
        """The same over a polled stream; its `jti`."""
        jti = str(claims.setdefault("jti", secrets.token_hex(8)))
        self.waiting[jti] = self.event(kind, subject, **claims)
        return jti

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read()
        status, content = (503, {}) if self.down else self._answer(environ, body)
        start_response(f"{status} -", [("Content-Type", "application/json")])
        return [json.dumps(content).encode() if content is not None else b""]

    def _answer(self, environ: dict[str, Any], body: bytes) -> tuple[int, Any]:
        path = environ["PATH_INFO"]
        if path == "/.well-known/ssf-configuration/tenant":
            return 200, self._document()
        if path == "/keys":
            return 200, {"keys": [dict(self.key.as_dict(private=False))]}
        if path == "/token":
            return self._token(environ, body)
        return self._managed(environ, body)

    def _managed(self, environ: dict[str, Any], body: bytes) -> tuple[int, Any]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ") not in self._tokens:
            return 401, {"error": "invalid_token"}
        if path == "/streams" and method == "DELETE":
            del self.streams[parse_qs(environ["QUERY_STRING"])["stream_id"][0]]
            return 204, None
        asked = json.loads(body)
        if path == "/streams":
            return self._stream(asked)
        if path == "/verify":
            self.states.append(asked["state"])
            return 204, None
        return self._poll(asked)

    def _document(self) -> dict[str, Any]:
        base = self.issuer.removesuffix("/tenant")
        told = {
            "issuer": self.issuer,
            "jwks_uri": f"{base}/keys",
            "configuration_endpoint": f"{base}/streams",
            "verification_endpoint": f"{base}/verify",
            "delivery_methods_supported": ["urn:ietf:rfc:8935", "urn:ietf:rfc:8936"],
        }
        return with_lies(told, self.configuration)

    def _token(self, environ: dict[str, Any], body: bytes) -> tuple[int, Any]:
        from urllib.parse import unquote_plus

        said = base64.b64decode(environ["HTTP_AUTHORIZATION"].removeprefix("Basic ")).decode()
        form = parse_qs(body.decode())
        name, _, secret = said.partition(":")
        if (unquote_plus(name), unquote_plus(secret)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        assert form["grant_type"] == ["client_credentials"]
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        return 200, {"access_token": token, "token_type": "Bearer"}

    def _stream(self, asked: dict[str, Any]) -> tuple[int, Any]:
        name = f"stream-{len(self.streams) + 1}"
        self.streams[name] = asked
        delivery = dict(asked["delivery"])
        if delivery["method"] == "urn:ietf:rfc:8936":
            delivery["endpoint_url"] = f"{self.issuer.removesuffix('/tenant')}/poll/{name}"
        told = {
            "stream_id": name,
            "iss": self.issuer,
            "aud": f"{CLIENT}/{name}",
            "delivery": delivery,
            "events_delivered": asked["events_requested"],
        }
        return 201, with_lies(told, self.made)

    def _poll(self, asked: dict[str, Any]) -> tuple[int, Any]:
        self.polls.append(asked)
        self.refused |= asked.get("setErrs", {})
        for jti in [*asked["ack"], *asked.get("setErrs", {})]:
            self.waiting.pop(jti, None)
        some = min(asked["maxEvents"], self.at_once)
        sets = dict(list(self.waiting.items())[:some])
        return 200, {"sets": sets, "moreAvailable": len(self.waiting) > some}


@contextmanager
def ssf_transmitter() -> Iterator[SsfTransmitter]:
    transmitter = SsfTransmitter()
    with serving(transmitter) as server:
        transmitter.issuer = f"{server.url}/tenant"
        yield transmitter
