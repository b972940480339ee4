"""Programs that show their token to an app: `Authorization: Bearer ghsa_…` (RFC 6750, 2.1).

What looks like a token of ours never comes to an app, whatever else the header says and whatever
the path lets in: a request with one is judged by it alone, and where it opens nothing it ends here.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from gateway.edge import pages
from gateway.edge.certificate import HEADER, fingerprint
from gateway.edge.check import Verdict, check_program
from gateway.edge.headers import Identification
from gateway.edge.request import EdgeAnswer, EdgeRequest
from gateway.edge.routes import AccessRoute, App
from gateway.sessions import program
from gateway.sessions.program import Program, ProgramHandle

# Ours of either sort, wherever in the header it begins; some programs put it in quotes. In the
# middle of a word it is chance: an app's own credentials may be long.
_OURS = re.compile(rb"(?<![A-Za-z0-9_-])gh(?:sa|at)_")
_BEARER = re.compile(rb"bearer +([!-~]{1,200})", re.IGNORECASE)
USED_EVERY = timedelta(minutes=5)
# Envoy's own way to be told what does not go on; the others do it by themselves.
_TAKE_AWAY = (("x-envoy-auth-headers-to-remove", "authorization"),)
MAX_USED = 10_000  # that one process remembers to have told of


class Records(Protocol):
    """The near-cache."""

    async def program(self, handle: ProgramHandle) -> Program | None: ...

    def program_used(self, handle: ProgramHandle, now: datetime) -> None: ...


def is_ours(authorization: bytes) -> bool:
    """Whether the header bears what must not come to an app."""
    return _OURS.search(authorization) is not None


def shown(authorization: bytes) -> ProgramHandle | None:
    """The record that the header's token names; None for any other header. Never raises."""
    match = _BEARER.fullmatch(authorization)
    return program.handle_of(match[1].decode("ascii")) if match else None


class Programs:
    """Of one edge process."""

    def __init__(self, records: Records, identification: Identification) -> None:
        self._records = records
        self._identification = identification
        self._used: OrderedDict[ProgramHandle, datetime] = OrderedDict()

    async def answer(
        self, request: EdgeRequest, app: App | None, route: AccessRoute | None, now: datetime
    ) -> EdgeAnswer:
        """For a request whose header `is_ours`. Raises SessionStoreUnavailable."""
        handle = shown(request.headers.get(b"authorization", b""))
        found = None
        if handle is not None and route is not None and route.programs:
            found = await self._records.program(handle)
        certificate = ""
        if route is not None and route.client_certificates:
            certificate = fingerprint(request.header(HEADER))
        verdict = check_program(route, found, now, certificate=certificate)
        if verdict is Verdict.ALLOW and found and handle and app is not None:
            self._note(handle, now)
            answer = self._identification.of_program(found, handle, app, now)
            return replace(answer, headers=_TAKE_AWAY)
        return _REFUSED.get(verdict, _unknown_app)()

    def _note(self, handle: ProgramHandle, now: datetime) -> None:
        told = self._used.get(handle)
        if told is not None and now - told < USED_EVERY:
            return
        self._used[handle] = now
        self._used.move_to_end(handle)
        if len(self._used) > MAX_USED:
            self._used.popitem(last=False)
        self._records.program_used(handle, now)


def _unknown_app() -> EdgeAnswer:
    sentence = "This address belongs to no app that is known here."
    return pages.problem(403, "edge.unknown-app", sentence)


def _not_here() -> EdgeAnswer:
    sentence = "No token opens this path: its app has not said that programs may come here."
    return pages.problem(403, "program.not-here", sentence)


def _no_token() -> EdgeAnswer:
    challenge = ("www-authenticate", 'Bearer error="invalid_token"')
    return pages.problem(401, "token.unknown", "This token is not known, or has ended.", challenge)


def _denied() -> EdgeAnswer:
    challenge = ("www-authenticate", 'Bearer error="insufficient_scope"')
    sentence = "The token is for another app, or its account lacks a role."
    return pages.problem(403, "access.not-permitted", sentence, challenge)


def _no_certificate() -> EdgeAnswer:
    sentence = "This opens to certain certificates of clients alone."
    return pages.problem(403, "access.certificate-needed", sentence)


_REFUSED: dict[Verdict, Callable[[], EdgeAnswer]] = {
    Verdict.NO_PROGRAMS: _not_here,
    Verdict.NO_TOKEN: _no_token,
    Verdict.DENY: _denied,
    Verdict.NO_CERTIFICATE: _no_certificate,
}
