"""What a provider publishes about itself: discovery document and keys, shared by all processes.

Both are kept in the shared cache as they came, together with the moment until which they are fresh.
When that has passed, one process fetches anew and all others go on with the old copy; when the
provider does not answer, everybody does. Only a first login has to wait.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from providers.connector import SharedCache
from providers.errors import ProviderUnreachable
from providers.http import MAX_URL, HttpClient, HttpResponse
from providers.oidc.json_object import NotAnObject, json_object
from providers.oidc.keys import PublishedKey, read_keys

MIN_FRESH = timedelta(minutes=5)
MAX_FRESH = timedelta(hours=24)
KEPT_BEYOND = timedelta(hours=24)  # how long an old copy may stand in for a silent provider
RETRY = timedelta(minutes=1)  # after a failure; and between two fetches for an unknown key
# While there is no old copy at all, nobody can sign in: asked again sooner, but not by each person
# who tries, whose wait for a silent provider would hold a thread.
RETRY_FIRST = timedelta(seconds=10)
MAX_METADATA = 256 * 1024
MAX_KEYS_DOCUMENT = 512 * 1024

_LOCKED = timedelta(seconds=25)  # longer than two calls at the HTTP client's own limit
_WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.05
_ALIASED = ("token_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint")
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """OpenID Connect Discovery 1.0, section 3; only what is used."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    pushed_authorization_request_endpoint: str | None  # RFC 9126, 5
    requires_pushed_requests: bool
    answers_name_issuer: bool  # RFC 9207, 3: authorization_response_iss_parameter_supported
    mtls_endpoint_aliases: Mapping[str, str]  # RFC 8705, 5; of those that we call

    def with_client_certificate(self) -> "ProviderMetadata":
        """The endpoints for a client that shows a certificate: the aliases, where there are any."""
        return replace(self, **self.mtls_endpoint_aliases)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Copy:
    body: bytes
    fresh_until: datetime
    kept_until: datetime


class Published:
    """One provider's documents. Every method raises ProviderUnreachable, SharedCacheUnavailable."""

    def __init__(
        self, slug: str, issuer: str, http: HttpClient, cache: SharedCache, *, named: str = ""
    ) -> None:
        """`named`: what the document calls its issuer, where that is not where it stands."""
        self._issuer = issuer
        self._named = named or issuer
        self._http = http
        self._cache = cache
        # Slug and issuer both: keys of one connection never verify for another, and a row that is
        # pointed elsewhere starts anew.
        self._prefix = f"oidc:{slug}:{sha256(issuer.encode()).hexdigest()[:16]}"

    def metadata(self, now: datetime) -> ProviderMetadata:
        return _read_metadata(self._kept("metadata", self._fetch_metadata, now), self._named)

    def keys(self, now: datetime) -> tuple[PublishedKey, ...]:
        return read_keys(self._kept("keys", self._keys_fetcher(now), now))

    def renewed_keys(self, now: datetime) -> tuple[PublishedKey, ...]:
        """The keys as they are now, for a token that the known ones do not explain.

        Fetches at most once a minute; else it is what was fetched last.
        """
        name = f"{self._prefix}:keys"
        if self._cache.add(f"{name}:lock", b"1", _LOCKED):
            try:
                if self._cache.add(f"{name}:cooldown", b"1", RETRY):
                    self._renew(name, self._keys_fetcher(now), now)
            finally:
                self._cache.drop(f"{name}:lock")
        else:
            self._wait_for(lambda: self._cache.get(f"{name}:lock") is None)
        return self.keys(now)

    def _kept(self, document: str, fetch: Callable[[], HttpResponse], now: datetime) -> bytes:
        name = f"{self._prefix}:{document}"
        if (fresh := self._fresh(name, now)) is not None:
            return fresh.body
        self._refuse_failed(name)
        if self._cache.add(f"{name}:lock", b"1", _LOCKED):
            try:
                fresh = self._fresh(name, now)  # perhaps another was quicker, or failed
                if fresh is None:
                    self._refuse_failed(name)
                return self._renew(name, fetch, now) if fresh is None else fresh.body
            finally:
                self._cache.drop(f"{name}:lock")
        self._wait_for(lambda: self._read(name) is not None or self._failed(name) is not None)
        self._refuse_failed(name)
        if (copy := self._read(name)) is None:
            raise ProviderUnreachable(f"{self._issuer}: its {document} could not be fetched yet")
        return copy.body

    def _failed(self, name: str) -> bytes | None:
        return self._cache.get(f"{name}:failed")

    def _refuse_failed(self, name: str) -> None:
        if (failed := self._failed(name)) is not None:
            raise ProviderUnreachable(f"{failed.decode()} (a moment ago)")

    def _fresh(self, name: str, now: datetime) -> _Copy | None:
        copy = self._read(name)
        return copy if copy is not None and copy.fresh_until > now else None

    def _renew(self, name: str, fetch: Callable[[], HttpResponse], now: datetime) -> bytes:
        """Fetches and keeps; if that fails, the old copy is good for another minute."""
        try:
            response = fetch()
        except ProviderUnreachable as error:
            copy = self._read(name)
            if copy is None:
                self._cache.put(f"{name}:failed", str(error).encode(), RETRY_FIRST)
                raise
            fresh_until = max(copy.fresh_until, now + RETRY)
            self._write(name, _Copy(copy.body, fresh_until, copy.kept_until), now)
            return copy.body
        fresh_until = now + _fresh_for(response)
        self._write(name, _Copy(response.body, fresh_until, fresh_until + KEPT_BEYOND), now)
        return response.body

    def _fetch_metadata(self) -> HttpResponse:
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        response = self._document(url, MAX_METADATA)
        _read_metadata(response.body, self._named)
        return response

    def _keys_fetcher(self, now: datetime) -> Callable[[], HttpResponse]:
        def fetch() -> HttpResponse:
            response = self._document(self.metadata(now).jwks_uri, MAX_KEYS_DOCUMENT)
            try:
                found = read_keys(response.body)
            except NotAnObject as error:
                raise ProviderUnreachable(f"{self._issuer}: keys that are {error}") from error
            if not found:
                raise ProviderUnreachable(f"{self._issuer}: no signing key is published")
            return response

        return fetch

    def _document(self, url: str, limit: int) -> HttpResponse:
        response = self._http.get(url, accept="application/json", limit=limit)
        if response.status != 200:  # noqa: PLR2004 - OK
            raise ProviderUnreachable(f"{url.partition('?')[0]}: status {response.status}")
        return response

    def _read(self, name: str) -> _Copy | None:
        kept = self._cache.get(name)
        if kept is None:
            return None
        head, _, body = kept.partition(b"\n")
        fresh_until, kept_until = (datetime.fromtimestamp(at, tz=UTC) for at in json.loads(head))
        return _Copy(body, fresh_until, kept_until)

    def _write(self, name: str, copy: _Copy, now: datetime) -> None:
        moments = [copy.fresh_until.timestamp(), copy.kept_until.timestamp()]
        kept = json.dumps(moments).encode() + b"\n" + copy.body
        self._cache.put(name, kept, max(copy.kept_until - now, timedelta(seconds=1)))

    def _wait_for(self, arrived: Callable[[], bool]) -> None:
        for _ in range(int(_WAIT_SECONDS / _POLL_SECONDS)):
            if arrived():
                return
            time.sleep(_POLL_SECONDS)


@lru_cache(maxsize=64)
def _read_metadata(document: bytes, issuer: str) -> ProviderMetadata:
    """Discovery 1.0, 4.3: the document's issuer must be the one that was asked for, exactly."""
    try:
        values = json_object(document)
    except NotAnObject as error:
        raise ProviderUnreachable(f"{issuer}: a discovery document that is {error}") from error
    if values.get("issuer") != issuer:
        raise ProviderUnreachable(f"{issuer}: its discovery document names another issuer")
    return ProviderMetadata(
        authorization_endpoint=_needed(values, "authorization_endpoint", issuer),
        token_endpoint=_needed(values, "token_endpoint", issuer),
        jwks_uri=_needed(values, "jwks_uri", issuer),
        userinfo_endpoint=_endpoint(values, "userinfo_endpoint", issuer),
        end_session_endpoint=_endpoint(values, "end_session_endpoint", issuer),
        pushed_authorization_request_endpoint=_endpoint(
            values, "pushed_authorization_request_endpoint", issuer
        ),
        requires_pushed_requests=values.get("require_pushed_authorization_requests") is True,
        answers_name_issuer=values.get("authorization_response_iss_parameter_supported") is True,
        mtls_endpoint_aliases=_aliases(values, issuer),
    )


def _aliases(values: dict[str, object], issuer: str) -> dict[str, str]:
    told = values.get("mtls_endpoint_aliases")
    aliases = told if isinstance(told, dict) else {}
    found = {name: _endpoint(aliases, name, issuer) for name in _ALIASED}
    return {name: url for name, url in found.items() if url is not None}


def _needed(values: dict[str, object], name: str, issuer: str) -> str:
    found = _endpoint(values, name, issuer)
    if found is None:
        raise ProviderUnreachable(f"{issuer}: its discovery document has no {name}")
    return found


def _endpoint(values: dict[str, object], name: str, issuer: str) -> str | None:
    """https, or http where the issuer itself is; whether it may be called, the HTTP client says."""
    url = values.get(name)
    if url is None:
        return None
    schemes = ("https", "http") if issuer.startswith("http:") else ("https",)
    if not isinstance(url, str) or len(url) > MAX_URL or not _is_address(url, schemes):
        raise ProviderUnreachable(f"{issuer}: its {name} is no https address")
    return url


def _is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = all("!" <= letter <= "~" for letter in url) and "#" not in url and "\\" not in url
    return plain and parts.scheme in schemes and bool(parts.hostname) and "@" not in parts.netloc


def _fresh_for(response: HttpResponse) -> timedelta:
    found = _MAX_AGE.search(response.headers.get("cache-control", "").lower())
    seconds = int(found.group(1)) if found else 0
    return min(max(timedelta(seconds=seconds), MIN_FRESH), MAX_FRESH)
