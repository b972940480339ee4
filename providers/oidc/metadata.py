"""What a provider publishes about itself: discovery document and keys, shared by all processes.

Both are kept in the shared cache as they came, together with the moment until which they are fresh.
When that has passed, one process fetches anew and all others go on with the old copy; when the
provider does not answer, everybody does. Only a first login has to wait.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from providers.connector import SharedCache
from providers.errors import ProviderUnreachable
from providers.http import MAX_URL, HttpClient, HttpResponse
from providers.oidc.copies import Copies, Copy
from providers.oidc.issuer import Issuer
from providers.oidc.json_object import NotAnObject, json_object
from providers.oidc.keys import PublishedKey, read_keys
from providers.oidc.settings import OidcSettings

RETRY = timedelta(minutes=1)  # after a failure; and between two fetches for an unknown key
# While there is no old copy at all, nobody can sign in: asked again sooner, but not by each person
# who tries, whose wait for a silent provider would hold a thread.
RETRY_FIRST = timedelta(seconds=10)
MAX_METADATA = 256 * 1024
MAX_KEYS_DOCUMENT = 512 * 1024

_DOCUMENTS = ("metadata", "keys")
_LOCKED = timedelta(seconds=25)  # longer than two calls at the HTTP client's own limit
_WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.05
_ALIASED = ("token_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint")


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
        self._copies = Copies(cache)
        # Slug and issuer both: keys of one connection never verify for another, and a row that is
        # pointed elsewhere starts anew.
        self._prefix = f"oidc:{slug}:{sha256(issuer.encode()).hexdigest()[:16]}"

    @property
    def issuer(self) -> str:
        return self._issuer

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
        self._wait_for(
            lambda: self._copies.read(name) is not None or self._failed(name) is not None
        )
        self._refuse_failed(name)
        if (copy := self._copies.read(name)) is None:
            raise ProviderUnreachable(f"{self._issuer}: its {document} could not be fetched yet")
        return copy.body

    def _failed(self, name: str) -> bytes | None:
        return self._cache.get(f"{name}:failed")

    def _refuse_failed(self, name: str) -> None:
        if (failed := self._failed(name)) is not None:
            raise ProviderUnreachable(f"{failed.decode()} (a moment ago)")

    def _fresh(self, name: str, now: datetime) -> Copy | None:
        copy = self._copies.read(name)
        return copy if copy is not None and copy.fresh_until > now else None

    def due_at(self) -> datetime | None:
        """When one of the documents ceases to be fresh; None if nothing is kept."""
        copies = (self._copies.read(f"{self._prefix}:{document}") for document in _DOCUMENTS)
        return min((copy.fresh_until for copy in copies if copy is not None), default=None)

    def renew_due(self, before: datetime, now: datetime) -> None:
        """Fetches whatever is kept and fresh until `before` at most, so that no sign-in has to; not
        what another is fetching just now. What cannot be fetched stays as it is.
        """
        for name, fetch in self._documents(now):
            copy = self._copies.read(name)
            if copy is None or copy.fresh_until > before:
                continue
            if self._cache.add(f"{name}:lock", b"1", _LOCKED):
                try:
                    self._copies.keep(name, fetch(), now)
                finally:
                    self._cache.drop(f"{name}:lock")

    def fetch_anew(self, now: datetime) -> tuple[PublishedKey, ...]:
        """Both documents as they are now, whatever is kept, has failed or is waited for; the keys.
        What cannot be fetched stays as it is.
        """
        for name, fetch in self._documents(now):
            for mark in ("failed", "cooldown", "lock"):
                self._cache.drop(f"{name}:{mark}")
            self._copies.keep(name, fetch(), now)
        return self.keys(now)

    def _documents(self, now: datetime) -> Iterator[tuple[str, Callable[[], HttpResponse]]]:
        """Discovery first: it says where the keys are."""
        fetches = (self._fetch_metadata, self._keys_fetcher(now))
        for document, fetch in zip(_DOCUMENTS, fetches, strict=True):
            yield f"{self._prefix}:{document}", fetch

    def _renew(self, name: str, fetch: Callable[[], HttpResponse], now: datetime) -> bytes:
        """Fetches and keeps; if that fails, the old copy is good for another minute."""
        try:
            return self._copies.keep(name, fetch(), now)
        except ProviderUnreachable as error:
            copy = self._copies.read(name)
            if copy is None:
                self._cache.put(f"{name}:failed", str(error).encode(), RETRY_FIRST)
                raise
            self._copies.keep_on(name, copy, now + RETRY, now)
            return copy.body

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


def published(slug: str, settings: OidcSettings, http: HttpClient, cache: SharedCache) -> Published:
    """The documents of the row's own provider."""
    issuer = Issuer(configured=settings.issuer, tenants=frozenset(settings.tenants))
    return Published(slug, settings.issuer, http, cache, named=issuer.published)
