"""Proving that an app believes the gateway and nobody else: lies, told to a running app.

It may be run on production: every lie is a GET of one page, about an account that exists nowhere.
With `honest` an assertion is tried that the app should take, too; an app that keeps accounts of its
own may then make one of a made-up name, so nobody gets that without asking for it.

One event says that it was done, and what came of it.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_network
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import uuid4

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.config import keyring
from gateway.edge.headers import ASSERTION
from gateway.flows.prove.judging import Answer, Known, judged
from gateway.flows.prove.lies import Forger, Headers
from gateway.flows.prove.report import HOLES, Proof, Tried
from gateway.relying_parties.models import RelyingParty
from gateway.relying_parties.origins import OriginInvalid, normalised
from gateway.relying_parties.publish import matching_origin
from providers.addresses import LOOPBACK, Network
from providers.errors import ProviderUnreachable
from providers.http import HttpClient

__all__ = ["AppUnknown", "Proof", "Tried", "prove"]

# Where apps stand: on the internet or in a company's own networks, not where a cloud tells secrets.
INSIDE: tuple[Network, ...] = (
    *LOOPBACK,
    *map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")),
    ip_network("fc00::/7"),
)
ANYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
TIMEOUT_SECONDS = 5.0  # for one answer
ALL_SECONDS = 60.0  # for all of them
_LIMIT = 4 * 1024 * 1024  # bytes of an answer


class AppUnknown(Exception):
    """No app that is switched on stands at this address; only those are asked."""

    code: ClassVar[str] = "prove.app-unknown"


def prove(url: str, *, direct: str = "", honest: bool = False, actor: str, now: datetime) -> Proof:
    """Lies to the app at this page of one of its origins; with `direct`, at that address past its
    proxy, which is the operator's word. Raises AppUnknown.
    """
    row, origin, path = _app(url)
    forger = Forger(
        issuer=wiring.config().base_url,
        audience=origin,
        roles=tuple(sorted({role for entry in row.access for role in entry["roles"]})),
        ring=wiring.key_ring(),
        stranger=keyring.parse(keyring.generate(now)),
        now=now,
    )
    begun = Proof(at=now, app=row.slug, url=f"{origin}{path}", direct=bool(direct))
    asking = _Asking(f"{direct.rstrip('/') or origin}{path}", host=origin, direct=bool(direct))
    try:
        proof = _proved(begun, forger, asking, honest=honest)
    finally:
        asking.close()
    _put_on_record(proof, actor)
    return proof


def _app(url: str) -> tuple[RelyingParty, str, str]:
    try:
        parts = urlsplit(url)
        origin = normalised(f"{parts.scheme}://{parts.netloc}")
    except (OriginInvalid, ValueError) as error:
        raise AppUnknown(f"This is no address of a page: {error}") from error
    row = matching_origin(origin)
    if row is None:
        raise AppUnknown(f"No app that is switched on stands at {origin}.")
    return row, origin, f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def _proved(begun: Proof, forger: Forger, asking: "_Asking", *, honest: bool) -> Proof:
    try:
        known = Known(
            nobody=asking.answer(lambda marker: [("X-Made-Up", marker)]),
            garbage=asking.answer(lambda marker: [(ASSERTION, marker)]),
            honest=asking.answer(forger.honest) if honest else None,
        )
    except ProviderUnreachable as error:
        return replace(begun, problem=str(error))
    tried = tuple(
        _tried(name, words, source, headers, asking, known)
        for name, words, source, headers in forger.lies()
    )
    if known.honest is None:
        return replace(begun, tried=tried)
    return replace(begun, tried=tried, honest="taken" if known.honest_taken else "not-taken")


def _tried(
    name: str,
    words: str,
    source: str,
    headers: Callable[[str], Headers],
    asking: "_Asking",
    known: Known,
) -> Tried:
    try:
        verdict, why = judged(asking.answer(headers), known)
    except ProviderUnreachable as error:
        verdict, why = "cannot-tell", str(error)
    return Tried(name=name, words=words, source=source, verdict=verdict, why=why)


class _Asking:
    """One question after the other, each under a made-up name of its own."""

    def __init__(self, url: str, *, host: str, direct: bool) -> None:
        self._url, self._host = url, host.partition("://")[2]
        allowed, plain = (ANYWHERE, ANYWHERE) if direct else (INSIDE, LOOPBACK)
        self._http = HttpClient(allowed_networks=allowed, plain=plain, timeout=TIMEOUT_SECONDS)
        self._until = time.monotonic() + ALL_SECONDS

    def answer(self, headers: Callable[[str], Headers]) -> Answer:
        """Raises ProviderUnreachable."""
        if time.monotonic() > self._until:
            raise ProviderUnreachable("the app answers too slowly for all to be tried")
        marker = str(uuid4())
        said = [("Host", self._host), *headers(marker)]
        found = self._http.look(self._url, limit=_LIMIT, headers=said)
        shown = [found.body.decode(errors="replace"), *found.headers.values()]
        return Answer(status=found.status, marked=any(marker in text for text in shown))

    def close(self) -> None:
        self._http.close()


def _put_on_record(proof: Proof, actor: str) -> None:
    with transaction.atomic():
        record(
            Event.APP_PROVED,
            actor=actor,
            detail={
                "relying_party": proof.app,
                "direct": proof.direct,
                "honest": proof.honest,
                "refused": proof.count("refused"),
                "cannot_tell": proof.count("cannot-tell"),
                "holes": [each.name for each in proof.tried if each.verdict in HOLES],
            },
            at=proof.at,
        )
    wiring.wake("audit.seal")
