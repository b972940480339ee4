"""An OIDC provider that really signs, verifies PKCE and the client, and lies on request.

In a test: `with oidc_provider() as idp:` and `idp.lie.claims["aud"] = "other"`. By itself, for the
login benchmark: `python -m tests.fakes.oidc_provider --port 8700 --people 1000`, which prints
issuer and client as one line of JSON when it is ready.
"""

import argparse
import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlencode

from joserfc.jwk import ECKey, Key, RSAKey

from tests.fakes.http_server import WebServer, serving
from tests.fakes.oidc_client_check import ClientCheck, Denied, once_each
from tests.fakes.oidc_encryption import Encryption
from tests.fakes.oidc_forgery import LEFT_OUT, form_post, sign, with_lies
from tests.fakes.oidc_lies import Lies
from tests.fakes.oidc_people import PEOPLE, Person, crowd
from tests.fakes.oidc_pushed import PushedRequests
from tests.fakes.oidc_refresh import RefreshTokens
from tests.fakes.oidc_vendor import Vendor
from tests.fakes.oidc_vendors import PLAIN

Answer: TypeAlias = tuple[int, dict[str, str], bytes]  # status, headers, body

CLIENT_ID = "gatehouse"
CLIENT_SECRET = "correct horse/battery+staple=%"  # every letter that must be encoded
SIGNING_KEYS: dict[str, Key] = {
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig", "alg": "RS256"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig", "alg": "ES256"}),
}


@dataclass
class _Grant:
    person: Person
    request: dict[str, str]
    auth_time: int


class OidcProvider:
    """One tenant. `asked` counts the requests by endpoint."""

    def __init__(self, *, vendor: Vendor = PLAIN, algorithm: str = "RS256", **client: Any) -> None:
        self.vendor = vendor
        self.people = dict(PEOPLE)
        self.client = ClientCheck(CLIENT_ID, CLIENT_SECRET, **client)
        self.algorithm = algorithm
        self.published: list[dict[str, Any]] = [
            dict(key.as_dict(private=False)) for key in SIGNING_KEYS.values()
        ]
        self.key: Key = SIGNING_KEYS[algorithm]
        self.lie = Lies()
        self.cache_control = "max-age=600"
        self.asked: dict[str, int] = {}
        self.codes: dict[str, _Grant] = {}
        self.pushed = PushedRequests(CLIENT_ID)
        self.encryption: Encryption | None = None  # of ID tokens, and of encrypted userinfo
        self.id_token_encrypted = False
        self.userinfo_form = "json"  # or "signed", or "encrypted"
        self.access_tokens: dict[str, Person] = {}
        self.refresh_tokens: RefreshTokens[_Grant] = RefreshTokens()
        self.signed_out: list[dict[str, str]] = []
        self.observe: Callable[[str, dict[str, Any]], object] = lambda _endpoint, _environ: None
        self.server: WebServer | None = None
        self.base = ""
        self._clock = time.time
        self._lock = threading.Lock()

    @property
    def issuer(self) -> str:
        return self.base + self.vendor.issuer_path

    @property
    def token_issuer(self) -> str:
        return self._issuer_at(self.vendor.token_issuer_path)

    def _issuer_at(self, path: str | None) -> str:
        return self.issuer if path is None else self.base + path

    def at(self, moment: float) -> None:
        """Stops the provider's clock."""
        self._clock = lambda: moment

    def rotate(self, *, kid: str = "rsa-2", keep_old: bool = False) -> None:
        """A new signing key, published at once."""
        self.key = RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})
        self.algorithm = "RS256"
        old = self.published if keep_old else []
        self.published = [*old, dict(self.key.as_dict(private=False))]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        endpoint = self.vendor.endpoint_at(path)
        with self._lock:
            self.asked[endpoint] = self.asked.get(endpoint, 0) + 1
        self.observe(endpoint, environ)
        time.sleep(self.lie.slow.get(endpoint, 0))
        status, headers, body = self._answer(endpoint, environ)
        start_response(f"{status} -", list(headers.items()))
        return [body]

    def _answer(self, endpoint: str, environ: Mapping[str, Any]) -> Answer:
        if endpoint in self.lie.redirects:
            return 302, {"Location": self.lie.redirects[endpoint]}, b""
        if endpoint in self.lie.answers:
            status, body = self.lie.answers[endpoint]
            return status, {"Content-Type": "application/json"}, body
        source = (
            environ["wsgi.input"].read().decode()
            if environ["REQUEST_METHOD"] == "POST"
            else environ["QUERY_STRING"]
        )
        try:
            return getattr(self, f"_{endpoint}")(once_each(source), environ)
        except Denied as denied:
            answer = json.dumps({"error": str(denied), "error_description": "as you see"})
            return denied.status, {"Content-Type": "application/json"}, answer.encode()

    def _unknown(self, _fields: object, _environ: object) -> Answer:
        return 404, {}, b""

    def _discovery(self, _fields: object, _environ: object) -> Answer:
        published = self._issuer_at(self.vendor.published_issuer_path)
        document = {"issuer": published, **self.vendor.discovery(self.base)}
        if self.pushed.only:
            document["require_pushed_authorization_requests"] = True
        return self._json(document, self.lie.discovery)

    def _keys(self, _fields: object, _environ: object) -> Answer:
        return self._json({"keys": self.published}, {})

    def _authorize(self, fields: dict[str, str], _environ: object) -> Answer:
        """Signs in whoever is named by `person` or `login_hint`, else ada, and asks nothing."""
        fields = self.pushed.taken(fields)
        self.client.check_authorization(fields)
        wanted = fields.get("person") or fields.get("login_hint") or "ada"
        if wanted not in self.people:
            answer = {"error": "access_denied", "error_description": "nobody of that name"}
        else:
            code = secrets.token_urlsafe(24)
            self.codes[code] = _Grant(self.people[wanted], fields, int(self._clock()))
            answer = {"code": code}
        answer |= {"state": fields["state"], **self.vendor.redirect(self.issuer)}
        parts = with_lies(answer, self.lie.redirect)
        if fields.get("response_mode") == "form_post":
            page = form_post(fields["redirect_uri"], parts)
            return 200, {"Content-Type": "text/html", "Cache-Control": "no-store"}, page
        return 302, {"Location": f"{fields['redirect_uri']}?{urlencode(parts)}"}, b""

    def _par(self, fields: dict[str, str], environ: Mapping[str, Any]) -> Answer:
        """RFC 9126, 2."""
        self._check_client(fields, environ)
        self.client.check_authorization(fields)
        true = {"request_uri": self.pushed.keep(fields), "expires_in": 60}
        _, headers, body = self._json(true, self.lie.pushed)
        return 201, headers, body

    def _check_client(self, fields: dict[str, str], environ: Mapping[str, Any]) -> None:
        asked = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{environ['PATH_INFO']}"
        self.client.check_secret(fields, environ, {"issuer": self.issuer, "endpoint": asked})

    def _token(self, fields: dict[str, str], environ: Mapping[str, Any]) -> Answer:
        self._check_client(fields, environ)
        if fields.get("grant_type") == "refresh_token":
            return self._refreshed(fields.get("refresh_token", ""))
        grant = self.codes.pop(fields.get("code", ""), None)
        if grant is None or fields.get("grant_type") != "authorization_code":
            raise Denied("invalid_grant")
        self.client.check_redemption(grant.request, fields)
        access_token = self._access_token(grant.person)
        answer = self._tokens(grant, access_token, {})
        if self.vendor.refreshes(grant.request):
            answer["refresh_token"] = self.refresh_tokens.issue(grant.person.username, grant)
        return self._json(answer, self.lie.token_answer)

    def _refreshed(self, token: str) -> Answer:
        """OIDC Core, section 12: the person as she is now; no nonce, `auth_time` as it was."""
        grant, successor = self.refresh_tokens.rotate(token)
        person = self.people.get(grant.person.username)
        if person is None:
            raise Denied("invalid_grant")
        grant.person = person
        access_token = self._access_token(person)
        answer = self._tokens(grant, access_token, {"nonce": LEFT_OUT, **self.lie.refreshed})
        return self._json({**answer, "refresh_token": successor}, self.lie.token_answer)

    def _tokens(self, grant: _Grant, access_token: str, lies: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": grant.request["scope"],
            "id_token": self.lie.id_token or self._id_token(grant, access_token, lies),
        }

    def _access_token(self, person: Person) -> str:
        token = secrets.token_urlsafe(24)
        if self.vendor.access_token is not None:
            now = int(self._clock())
            claims = {"iss": self.token_issuer, "iat": now, "exp": now + 300, "jti": token}
            claims |= self.vendor.access_token(person)
            token = self.sign(with_lies(claims, self.lie.access_token))
        self.access_tokens[token] = person
        return token

    def _userinfo(self, _fields: object, environ: Mapping[str, Any]) -> Answer:
        person = self._bearer(environ)
        if self.userinfo_form == "json":
            return self._json(self.vendor.userinfo(person), self.lie.userinfo)
        claims = {"iss": self.token_issuer, "aud": CLIENT_ID, **self.vendor.userinfo(person)}
        token = self.lie.userinfo_token or self.sign(with_lies(claims, self.lie.userinfo))
        if self.userinfo_form == "encrypted" and self.encryption is not None:
            token = self.encryption.encrypt(token)
        return 200, {"Content-Type": "application/jwt"}, token.encode()

    def _directory(self, fields: dict[str, str], environ: Mapping[str, Any]) -> Answer:
        person = self._bearer(environ)
        assert self.vendor.directory is not None
        return self._json(self.vendor.directory(person, fields, self.base), self.lie.directory)

    def _bearer(self, environ: Mapping[str, Any]) -> Person:
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme != "Bearer" or token not in self.access_tokens:
            raise Denied("invalid_token", 401)
        return self.access_tokens[token]

    def _logout(self, fields: dict[str, str], _environ: object) -> Answer:
        self.signed_out.append(fields)
        return 302, {"Location": self.vendor.after_logout(fields)}, b""

    def _id_token(self, grant: _Grant, access_token: str, lies: Mapping[str, Any]) -> str:
        now = int(self._clock())
        digest = (hashlib.sha512 if self.algorithm.startswith("Ed") else hashlib.sha256)()
        digest.update(access_token.encode())
        half = digest.digest()[: digest.digest_size // 2]
        claims = {
            "iss": self.token_issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "auth_time": grant.auth_time,
            "nonce": grant.request["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            "acr": grant.request.get("acr_values", "1").split()[0],
            **self.vendor.id_token(grant.person),
        }
        token = self.sign(with_lies(claims, {**self.lie.claims, **lies}))
        if self.id_token_encrypted and self.encryption is not None:
            return self.encryption.encrypt(token)
        return token

    def sign(self, payload: object) -> str:
        true = {"alg": self.algorithm, "kid": self.key.kid, "typ": "JWT"}
        key = self.lie.signing_key or self.key
        return sign(with_lies(true, self.lie.header), payload, key, self.algorithm)

    def _json(self, true: Mapping[str, Any], lies: Mapping[str, Any]) -> Answer:
        headers = {"Content-Type": "application/json", "Cache-Control": self.cache_control}
        return 200, headers, json.dumps(with_lies(true, lies)).encode()


@contextmanager
def oidc_provider(port: int = 0, **options: Any) -> Iterator[OidcProvider]:
    provider = OidcProvider(**options)
    with serving(provider, port) as server:
        provider.server, provider.base = server, server.url
        yield provider


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--people", type=int, default=1000)
    options.add_argument("--groups", type=int, default=20)
    chosen = options.parse_args()
    with oidc_provider(chosen.port, algorithm="ES256") as provider:
        provider.people |= crowd(chosen.people, chosen.groups)
        ready = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        print(json.dumps(ready), flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
