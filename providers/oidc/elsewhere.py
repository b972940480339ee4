"""Claims that stand elsewhere (OpenID Connect Core 1.0, section 5.6.2).

Aggregated claims are a token of another issuer inside the answer; distributed ones are to be
fetched from its address, with the access token that stands beside the address and never with the
login's own. Only the issuers that the row lists are believed or called, each by its own keys. What
others would say is left out: it stays named in `_claim_names`, as whoever misses it can see.
"""

import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from providers.connector import SharedCache
from providers.errors import ProviderUnreachable, ResponseInvalid
from providers.http import HttpClient
from providers.oidc.claims import IDENTITY, Claims, under
from providers.oidc.json_object import NotAnObject, json_object
from providers.oidc.metadata import Published
from providers.oidc.signed_token import MAX_TOKEN, Keys, verify_signature
from providers.oidc.token_claims import SKEW, moment
from providers.oidc.token_endpoint import fit_for_bearer
from providers.trace import checks, utc

MAX_SOURCES = 5
SECONDS = 15.0  # for all of them together, but for the call that is under way

_NAMES, _SOURCES = "_claim_names", "_claim_sources"
_NAME = "claims_source"
_OK, _SERVER_ERROR = 200, 500


class ClaimsProviders:
    """The issuers that one row believes beside its own."""

    def __init__(
        self,
        slug: str,
        issuers: tuple[str, ...],
        algorithms: tuple[str, ...],
        http: HttpClient,
        cache: SharedCache,
    ) -> None:
        self._published = {issuer: Published(slug, issuer, http, cache) for issuer in issuers}
        self._algorithms = algorithms
        self._http = http

    def resolved(self, claims: Claims, now: datetime) -> dict[str, object]:
        """`claims`, and under them what listed issuers say of the names that stand elsewhere.

        The sources themselves, which may hold tokens, are not kept. Raises ResponseInvalid
        (`claims.sources`, `claims_source.*`), ProviderUnreachable, SharedCacheUnavailable.
        """
        resolved = {name: value for name, value in claims.items() if name != _SOURCES}
        missing = claims.get(_NAMES)
        if not self._published or not isinstance(missing, Mapping):
            return resolved
        deadline = time.monotonic() + SECONDS
        for source, names in self._wanted(missing).items():
            if time.monotonic() > deadline:
                raise ProviderUnreachable("claims that stand elsewhere took too long")
            told = self._told(_source(claims, source), now)
            found = {n: told[n] for n in names if n in told and n not in IDENTITY}
            missing = {n: value for n, value in missing.items() if n not in found}
            resolved = {**under(resolved, found), _NAMES: missing}
        return resolved

    @checks("claims.sources")
    def _wanted(self, missing: Mapping[str, object]) -> dict[str, list[str]]:
        wanted: dict[str, list[str]] = {}
        for name, source in missing.items():
            wanted.setdefault(str(source), []).append(name)
        if len(wanted) > MAX_SOURCES:
            raise ResponseInvalid("claims.sources", f"{len(wanted)} sources, {MAX_SOURCES} at most")
        return wanted

    def _told(self, source: Mapping[str, object], now: datetime) -> Claims:
        """What one source says; nothing if it is not of a listed issuer."""
        token, endpoint = source.get("JWT"), source.get("endpoint")
        if isinstance(token, str):
            issuer = _issuer_of(token)
            return self._verified(token, issuer, now) if issuer in self._published else {}
        if not isinstance(endpoint, str):
            return {}
        issuers = tuple(i for i in self._published if _origin(i) == _origin(endpoint))
        if not issuers:
            return {}
        token = self._fetched(endpoint, source.get("access_token"))
        return self._verified(token, _one_of(issuers, token), now)

    @checks("claims_source.access_token", "claims_source.status")
    def _fetched(self, endpoint: str, access_token: object) -> str:
        bearer = access_token if isinstance(access_token, str) else ""
        if bearer and not fit_for_bearer(bearer):
            raise ResponseInvalid("claims_source.access_token", "no token that could be sent")
        answer = self._http.get(endpoint, accept="application/jwt", limit=MAX_TOKEN, bearer=bearer)
        if answer.status >= _SERVER_ERROR:
            raise ProviderUnreachable(f"a source of claims answered with status {answer.status}")
        if answer.status != _OK:
            raise ResponseInvalid("claims_source.status", f"status {answer.status}")
        return answer.body.decode("ascii", "replace").strip()

    @checks("claims_source.exp")
    def _verified(self, token: str, issuer: str, now: datetime) -> Claims:
        """By the keys of `issuer`, whose name the token bears."""
        published = self._published[issuer]
        keys = Keys(known=lambda: published.keys(now), renewed=lambda: published.renewed_keys(now))
        claims = verify_signature(token, _NAME, self._algorithms, keys).claims
        if "exp" in claims and now >= (expires_at := moment(claims, _NAME, "exp")) + SKEW:
            after, at = f"after {utc(now)}", utc(expires_at)
            raise ResponseInvalid("claims_source.exp", "too old", expected=after, received=at)
        return claims


@checks("claims_source.iss")
def _one_of(issuers: tuple[str, ...], token: str) -> str:
    """Which of those that have this endpoint the token names; its keys are then to verify it."""
    issuer = _issuer_of(token)
    if issuer not in issuers:
        problem, wanted = "not of the issuer that was asked", ", ".join(issuers)
        raise ResponseInvalid("claims_source.iss", problem, expected=wanted, received=issuer)
    return issuer


def _source(claims: Claims, name: str) -> Mapping[str, object]:
    sources = claims.get(_SOURCES)
    found = sources.get(name) if isinstance(sources, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _issuer_of(token: str) -> str:
    """Unverified: which of the listed issuers is to be asked for its keys. Empty for no token."""
    parts = token.split(".") if len(token) <= MAX_TOKEN and token.isascii() else []
    if len(parts) != 3:  # noqa: PLR2004 -- header, payload, signature
        return ""
    try:
        issuer = json_object(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))).get("iss")
    except (NotAnObject, ValueError):
        return ""
    return issuer if isinstance(issuer, str) else ""


def _origin(url: str) -> tuple[str, str] | None:
    try:
        parts: SplitResult = urlsplit(url)
    except ValueError:
        return None
    return (parts.scheme, parts.netloc.lower()) if parts.netloc and "@" not in url else None
