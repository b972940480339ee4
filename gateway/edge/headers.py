"""Who it is, for the app: readable headers, and one signed assertion.

All names are always there, empty where there is nothing to say, so that a proxy which copies them
overwrites whatever the client had sent under them.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

from gateway.config.keyring import KeyRing
from gateway.edge.request import EdgeAnswer, RawHeader
from gateway.edge.routes import App
from gateway.sessions.program import Program, ProgramHandle
from gateway.sessions.session import Session, SessionHandle
from gateway.tokens.keys import Addressed, Typ, sign_jwt

ACCOUNT, USER, NAME, EMAIL, ROLES, PROVIDER, STARTED, ASSERTION = IDENTITY_HEADERS = (
    "x-gatehouse-account",
    "x-gatehouse-user",
    "x-gatehouse-name",
    "x-gatehouse-email",
    "x-gatehouse-roles",
    "x-gatehouse-provider",
    "x-gatehouse-session-started",
    "x-gatehouse-assertion",
)
_RAW = {name: name.encode() for name in IDENTITY_HEADERS}  # one of each, whoever it is
NOBODY = tuple((raw, b"") for raw in _RAW.values())

ASSERTION_LIFE = timedelta(seconds=60)
# A signature costs more than all else: one is given out again for half its life.
ASSERTION_KEPT = timedelta(seconds=30)
MAX_KEPT = 20_000
# Printable ASCII as it is, but for the sign that begins an escape.
_PLAIN = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")

_Name = tuple[SessionHandle | ProgramHandle, int, str, frozenset[str]]


class Identification:
    """Says who a session is to one app. Keeps what it said for as long as it may be repeated."""

    def __init__(self, issuer: str, key_ring: Callable[[], KeyRing]) -> None:
        self._issuer = issuer
        self._ring = key_ring
        self._kept: OrderedDict[_Name, tuple[EdgeAnswer, datetime]] = OrderedDict()

    def answer(
        self, session: Session, handle: SessionHandle, app: App, now: datetime
    ) -> EdgeAnswer:
        """Yes, and who it is: values are percent-encoded UTF-8 wherever they are not plain
        printable ASCII.
        """
        return self._answer(session, handle, app, now)

    def of_program(
        self, program: Program, handle: ProgramHandle, app: App, now: datetime
    ) -> EdgeAnswer:
        """The same of a program, whose assertion says that it is one."""
        return self._answer(program.session, handle, app, now, program=True)

    def _answer(
        self,
        session: Session,
        handle: SessionHandle | ProgramHandle,
        app: App,
        now: datetime,
        *,
        program: bool = False,
    ) -> EdgeAnswer:
        name = (handle, session.generation, app.origin, app.shares)
        kept = self._kept.get(name)
        if kept is not None and now < kept[1]:
            return kept[0]
        made = EdgeAnswer(status=200, identity=self._made(session, app, now, program=program))
        self._kept[name] = (made, now + ASSERTION_KEPT)
        self._kept.move_to_end(name)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return made

    def _made(
        self, session: Session, app: App, now: datetime, *, program: bool
    ) -> tuple[RawHeader, ...]:
        shares = app.shares
        addressed = Addressed(issuer=self._issuer, audience=app.origin, now=now)
        claims = _claims(session, shares) | ({"program": True} if program else {})
        assertion = sign_jwt(self._ring(), Typ.ASSERTION, addressed, claims, ASSERTION_LIFE)
        said = (
            (ACCOUNT, _safe(session.account)),
            (USER, _safe(session.username) if "username" in shares else ""),
            (NAME, _safe(session.name) if "name" in shares else ""),
            (EMAIL, _safe(session.email or "") if "email" in shares else ""),
            (ROLES, ",".join(map(_listed, sorted(session.roles))) if "roles" in shares else ""),
            (PROVIDER, _safe(session.provider) if "provider" in shares else ""),
            # A moment and no age: what was said is said again for a while.
            (STARTED, str(int(session.started_at.timestamp()))),
            (ASSERTION, assertion),
        )
        return tuple((_RAW[name], value.encode()) for name, value in said)


def _claims(session: Session, shares: frozenset[str]) -> dict[str, object]:
    """`sub` is the account; the others are named as in OpenID Connect Core, 5.1 and 2."""
    shared = {
        "preferred_username": session.username if "username" in shares else None,
        "name": session.name if "name" in shares else None,
        "email": session.email if "email" in shares else None,
        "email_verified": session.email_verified if "email" in shares and session.email else None,
        "roles": sorted(session.roles) if "roles" in shares else None,
        "provider": session.provider if "provider" in shares else None,
        "acr": session.acr,
        "auth_time": (
            int(session.authenticated_at.timestamp()) if session.auth_time_told else None
        ),
    }
    return {
        "sub": session.account,
        "jti": secrets.token_urlsafe(12),
        **{name: value for name, value in shared.items() if value is not None},
    }


def _safe(text: str) -> str:
    return text if text.isascii() and text.isprintable() and "%" not in text else _encoded(text)


def _encoded(text: str) -> str:
    return quote(text, safe=_PLAIN)


def _listed(role: str) -> str:
    """A role among others: a comma of its own must not look like the end of it."""
    return _safe(role).replace(",", "%2C")
