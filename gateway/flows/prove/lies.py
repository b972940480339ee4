"""What an app behind the gateway must not believe.

Whatever is really signed here is worth nothing to whoever finds it in a log: it is about an account
that exists nowhere, has no role, and is out of date, for nobody or of no known issuer.
"""

import hmac
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey

from gateway.config.keyring import KeyRing
from gateway.edge.headers import ACCOUNT, ASSERTION, EMAIL, NAME, PROVIDER, ROLES, USER
from gateway.sessions import record
from gateway.sessions.session import Session, SessionToken, account_tag
from gateway.tokens.keys import ALGORITHM, Addressed, Typ, sign_jwt
from providers.attacks.oidc.forgery import LEFT_OUT, part, sign, with_lies

NOWHERE = "https://prove.invalid"  # RFC 6761, 6.4: nobody is there
LIFE = timedelta(seconds=60)  # as a real assertion's
LONG_AGO = timedelta(days=365)
# By which other proxies say who somebody is.
COUSINS = (
    *("Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Preferred-Username"),
    *("X-Forwarded-Email", "X-Auth-Request-User", "X-Auth-Request-Preferred-Username"),
    *("X-Auth-Request-Email", "X-WebAuth-User", "X-Authenticated-User"),
)

Headers = list[tuple[str, str]]
Lie = tuple[str, str, str, Callable[[str], Headers]]  # name, words, source, headers by the name


@dataclass(frozen=True, slots=True, kw_only=True)
class Forger:
    """Lies to one app. `roles` are those that it asks for; the stranger's ring is nobody's."""

    issuer: str
    audience: str
    roles: tuple[str, ...]
    ring: KeyRing
    stranger: KeyRing
    now: datetime

    def honest(self, marker: str) -> Headers:
        return [(ASSERTION, self._signed(marker))]

    def lies(self) -> Iterator[Lie]:
        yield from self._plain()
        yield from self._really_signed()
        yield from self._forged()

    def _plain(self) -> Iterator[Lie]:
        """Readable headers without any assertion, in all spellings that some program merges."""
        rows: tuple[tuple[str, str, Callable[[str], str]], ...] = (
            ("plain", "writes the readable headers itself", str.title),
            ("small", "writes them in small letters", str.lower),
            ("capitals", "writes them in capitals", str.upper),
            ("underscores", "writes them with underscores", lambda n: n.replace("-", "_")),
            ("mixed", "writes one underscore in each", lambda n: n.replace("-", "_", 1).title()),
            ("dots", "writes them with dots", lambda n: n.replace("-", ".")),
        )
        for name, words, spelled in rows:
            yield f"headers.{name}", words, "CVE-2025-64484", self._spelling(spelled)
        words = "writes each of them twice, the first one empty"
        yield "headers.doubled", words, "RFC 9110, 5.3", self._doubled
        words = "writes the headers that other proxies use"
        yield "headers.cousins", words, "CVE-2025-64484", self._of_others

    def _spelling(self, spelled: Callable[[str], str]) -> Callable[[str], Headers]:
        return lambda marker: [(spelled(name), said) for name, said in self._readable(marker)]

    def _doubled(self, marker: str) -> Headers:
        return [
            pair for name, said in self._readable(marker) for pair in ((name, ""), (name, said))
        ]

    def _of_others(self, marker: str) -> Headers:
        return [
            *((name, marker) for name in COUSINS),
            ("X-Forwarded-Groups", self._all_roles(marker)),
        ]

    def _really_signed(self) -> Iterator[Lie]:
        rows: tuple[tuple[str, str, str, Callable[[str], str]], ...] = (
            (
                *("other-app", "shows what the gateway said to another app", "RFC 7519, 4.1.3"),
                lambda marker: self._signed(marker, audience=NOWHERE),
            ),
            (
                *("expired", "shows what the gateway said a year ago", "RFC 7519, 4.1.4"),
                lambda marker: self._signed(marker, at=self.now - LONG_AGO),
            ),
            (
                *("other-issuer", "shows what another gateway said", "RFC 7519, 4.1.1"),
                lambda marker: self._signed(marker, issuer=NOWHERE),
            ),
            (
                *("other-kind", "shows another kind of token under the same key"),
                *("RFC 8725, 3.11", lambda marker: self._signed(marker, typ=Typ.INTERNAL)),
            ),
            ("record", "shows a session record", "RFC 8725, 3.11", self._record),
        )
        for name, words, source, made in rows:
            yield f"assertion.{name}", words, source, _carrying(made)

    def _forged(self) -> Iterator[Lie]:
        own = self.stranger.signers(Typ.ASSERTION.use)[0]
        brought = own.as_dict(private=False)
        rows: tuple[tuple[str, str, str, Callable[[str], str]], ...] = (
            (
                *("stranger", "signs with a key of its own under our key’s id", "RFC 7515, 5.2"),
                lambda marker: self._by(own, marker, {}),
            ),
            (
                *("stranger-without-kid", "signs with a key of its own and names none"),
                *("RFC 7515, 4.1.4", lambda marker: self._by(own, marker, {"kid": LEFT_OUT})),
            ),
            (
                *("embedded-jwk", "brings its own key along (jwk)", "CVE-2018-0114"),
                lambda marker: self._by(own, marker, {"jwk": brought}),
            ),
            (
                *("public-key-as-secret", "takes the public key for a shared secret"),
                *("RFC 8725, 2.1", self._by_public_key),
            ),
            (
                *("alg-none", "signs nothing, and says so", "RFC 8725, 3.2"),
                lambda marker: f"{self._unsigned(marker, alg='none')}.",
            ),
            (
                *("alg-none-spelled-otherwise", "signs nothing, and says so as nOnE"),
                *("RFC 8725, 3.2", lambda marker: f"{self._unsigned(marker, alg='nOnE')}."),
            ),
            (
                *("signature-cut", "leaves the signature away", "RFC 7515, 5.2"),
                lambda marker: f"{self._unsigned(marker)}.",
            ),
        )
        for name, words, source, made in rows:
            yield f"assertion.{name}", words, source, _carrying(made)

    def _by(self, key: ECKey, marker: str, lies: Mapping[str, Any]) -> str:
        return sign(self._header(lies), self._claims(marker), key, ALGORITHM)

    def _unsigned(self, marker: str, **lies: str) -> str:
        return f"{part(self._header(lies))}.{part(self._claims(marker))}"

    def _by_public_key(self, marker: str) -> str:
        """HS256 with the published PEM, which no library of ours would take for a secret."""
        pem = self.ring.signers(Typ.ASSERTION.use)[0].as_pem(private=False)
        signed = self._unsigned(marker, alg="HS256")
        return f"{signed}.{part(hmac.digest(pem, signed.encode(), 'sha256'))}"

    def _readable(self, marker: str) -> Headers:
        return [
            *((name, marker) for name in (ACCOUNT, USER, NAME, PROVIDER)),
            (EMAIL, _address(marker)),
            (ROLES, self._all_roles(marker)),
        ]

    def _all_roles(self, marker: str) -> str:
        return ",".join((*self.roles, marker))

    def _header(self, lies: Mapping[str, Any]) -> dict[str, Any]:
        key = self.ring.signers(Typ.ASSERTION.use)[0]
        true = {"alg": ALGORITHM, "kid": key.kid, "typ": Typ.ASSERTION.text}
        return with_lies(true, lies)

    def _claims(self, marker: str) -> dict[str, Any]:
        """As good as they can be: only the signature is not ours."""
        issued = int(self.now.timestamp())
        until = issued + int(LIFE.total_seconds())
        addressed = {"iss": self.issuer, "aud": self.audience, "iat": issued, "exp": until}
        return {**addressed, **_said(marker), "roles": [*self.roles, marker]}

    def _signed(
        self,
        marker: str,
        *,
        issuer: str = "",
        audience: str = "",
        at: datetime | None = None,
        typ: Typ = Typ.ASSERTION,
    ) -> str:
        addressed = Addressed(
            issuer=issuer or self.issuer, audience=audience or self.audience, now=at or self.now
        )
        return sign_jwt(self.ring, typ, addressed, _said(marker), LIFE)

    def _record(self, marker: str) -> str:
        """Of a session that never was, and is over."""
        then = self.now - LONG_AGO
        session = Session(
            account=marker,
            username=marker,
            name=marker,
            email=_address(marker),
            email_verified=False,
            roles=frozenset(),
            provider="",
            upstream_session=None,
            acr=None,
            amr=(),
            authenticated_at=then,
            started_at=then,
            expires_at=then + LIFE,
            idle_for=LIFE,
            ruleset=0,
            generation=0,
        )
        token = SessionToken(tag=account_tag(marker), secret=secrets.token_urlsafe(32))
        return record.write(session, token.handle, self.ring).decode()


def _said(marker: str) -> dict[str, Any]:
    return {
        "sub": marker,
        "preferred_username": marker,
        "name": marker,
        "email": _address(marker),
        "email_verified": False,
        "roles": [],
        "provider": marker,
        "jti": secrets.token_urlsafe(12),
    }


def _address(marker: str) -> str:
    return f"{marker}@prove.invalid"


def _carrying(made: Callable[[str], str]) -> Callable[[str], Headers]:
    return lambda marker: [(ASSERTION, made(marker))]
