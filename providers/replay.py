"""Judging a second time what a provider answered once: nothing is redeemed or used up again."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from providers.connector import SharedCache
from providers.errors import ProviderUnreachable
from providers.http import HttpClient, HttpResponse
from providers.recording import Answers
from providers.tls import ClientCertificate


class NotAsked(ProviderUnreachable):
    """The second judgement would have asked something else, which only the first may ask."""


class Replayed(HttpClient):
    """Takes from `answers` whatever is posted or asked with a token: no code is redeemed twice and
    no token leaves. What everybody may read (metadata, keys) it fetches by the ways of `client`,
    within `seconds` for all of it.
    """

    def __init__(self, client: HttpClient, answers: Answers, *, seconds: float) -> None:
        vars(self).update(vars(client))  # its connections, and what it may call
        self._answers = answers
        self._until = time.monotonic() + seconds

    def showing(self, certificate: ClientCertificate) -> HttpClient:  # noqa: ARG002 -- to nobody
        return self

    def get(self, url: str, *, accept: str, limit: int, bearer: str = "") -> HttpResponse:
        if bearer:
            return self._answer("GET", url)
        self._timeout = self._until - time.monotonic()
        if self._timeout <= 0:
            raise ProviderUnreachable("fetching what a draft needs took too long")
        return super().get(url, accept=accept, limit=limit)

    def post(
        self,
        url: str,
        *,
        body: bytes,  # noqa: ARG002 -- it stays here
        headers: Mapping[str, str],  # noqa: ARG002
        accept: str,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> HttpResponse:
        return self._answer("POST", url)

    def _answer(self, method: str, url: str) -> HttpResponse:
        found = self._answers.get((method, url))
        if not isinstance(found, HttpResponse):
            raise NotAsked(f"{url.partition('?')[0]} was not asked in this sign-in")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A `SharedCache` whose entries lie apart: what is used up or kept here is so nowhere else."""

    cache: SharedCache
    name: str

    def get(self, key: str) -> bytes | None:
        return self.cache.get(f"{self.name}:{key}")

    def put(self, key: str, value: bytes, lives: timedelta) -> None:
        self.cache.put(f"{self.name}:{key}", value, lives)

    def add(self, key: str, value: bytes, lives: timedelta) -> bool:
        return self.cache.add(f"{self.name}:{key}", value, lives)

    def drop(self, key: str) -> None:
        self.cache.drop(f"{self.name}:{key}")
