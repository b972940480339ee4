"""What somebody publishes about itself: a document, and the keys that it points to; shared by all
processes.

Both are kept in the shared cache as they came, together with the moment until which they are fresh.
When that has passed, one process fetches anew and all others go on with the old copy; when nobody
answers, everybody does. Only a first login has to wait.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from providers.connector import SharedCache
from providers.errors import ProviderUnreachable
from providers.http import HttpClient, HttpResponse
from providers.oidc.copies import Copies, Copy
from providers.oidc.json_object import NotAnObject
from providers.oidc.keys import PublishedKey, read_keys

RETRY = timedelta(minutes=1)  # after a failure; and between two fetches for an unknown key
# While there is no old copy at all, nobody can sign in: asked again sooner, but not by each person
# who tries, whose wait for a silent provider would hold a thread.
RETRY_FIRST = timedelta(seconds=10)
MAX_KEYS_DOCUMENT = 512 * 1024

_DOCUMENTS = ("metadata", "keys")
_LOCKED = timedelta(seconds=25)  # longer than two calls at the HTTP client's own limit
_WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.05


class Documents(ABC):
    """The documents of one issuer. Every method raises ProviderUnreachable,
    SharedCacheUnavailable.
    """

    def __init__(self, prefix: str, issuer: str, http: HttpClient, cache: SharedCache) -> None:
        """`prefix` is whose they are, in the shared cache."""
        self._issuer = issuer
        self._http = http
        self._cache = cache
        self._copies = Copies(cache)
        self._prefix = prefix

    @property
    def issuer(self) -> str:
        return self._issuer

    @abstractmethod
    def _fetch_metadata(self) -> HttpResponse:
        """The document, as it came, once it is found to be one."""

    @abstractmethod
    def _jwks_uri(self, now: datetime) -> str:
        """Where the keys are, by the document."""

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

    def _keys_fetcher(self, now: datetime) -> Callable[[], HttpResponse]:
        def fetch() -> HttpResponse:
            response = self._document(self._jwks_uri(now), MAX_KEYS_DOCUMENT)
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
