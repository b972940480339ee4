"""Django's session over the gateway's own store.

Who is signed in comes from the session record and from nowhere else. What else Django keeps
(messages, a wizard's state) lies beside it in a private note that apps cannot read. Anonymous
visitors have no session, and saving never makes or revives one.
"""

import json
import logging

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from gateway import wiring
from gateway.sessions import cookie
from gateway.sessions.session import (
    Session,
    SessionHandle,
    SessionStoreUnavailable,
    SessionToken,
)
from provisioning.models import Account

_log = logging.getLogger(__name__)


class SessionStore(SessionBase):
    """One request's view of the session that its cookie names."""

    def __init__(self, token: SessionToken | None = None) -> None:
        super().__init__(token.handle if token else None)
        self.token = token
        self._record: Session | None = None
        self._record_read = False

    @property
    def handle(self) -> SessionHandle | None:
        return self.token.handle if self.token else None

    @property
    def record(self) -> Session | None:
        """The live session, or None for an anonymous visitor. Raises SessionStoreUnavailable."""
        if not self._record_read:
            self._record = wiring.session_store().load(self.handle) if self.handle else None
            self._record_read = True
        return self._record

    def load(self) -> dict[str, object]:
        if self.record is None or self.handle is None:
            return {}
        notes = wiring.session_store().read_private(self.handle)
        return json.loads(notes) if notes else {}

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002
        """Keeps the notes of a live session; for any other there is nothing to keep them with."""
        if self.record is not None and self.handle is not None:
            notes = json.dumps(dict(self.items())).encode()
            wiring.session_store().write_private(self.handle, notes)

    def create(self) -> None:
        """Sessions begin in `flows.login`, never because a page wanted to remember something."""

    def delete(self, session_key: str | None = None) -> None:
        """Sessions end in `flows.logout`."""

    def exists(self, session_key: str) -> bool:
        return wiring.session_store().load(SessionHandle(session_key)) is not None

    def cycle_key(self) -> None:
        """A sign-in always starts a session of its own; there is no key to change."""


class GatewaySessionMiddleware(SessionMiddleware):
    """Reads the host-bound cookie; writes only the notes, never a cookie."""

    def process_request(self, request: HttpRequest) -> None:
        header = request.META.get("HTTP_COOKIE", "")
        token = cookie.read(header, wiring.config().host, wiring.key_ring())
        request.session = SessionStore(token)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = getattr(request, "session", None)
        if isinstance(session, SessionStore) and session.modified:
            try:
                session.save()
            except SessionStoreUnavailable:
                # The answer is made; what is lost is a note such as a message shown once.
                _log.warning("the session's notes could not be kept")
        return response


class SignedInAccountMiddleware(AuthenticationMiddleware):
    """`request.user` is the active account of the session record."""

    def process_request(self, request: HttpRequest) -> None:
        request.user = SimpleLazyObject(lambda: _account(request))  # type: ignore[assignment]


def _account(request: HttpRequest) -> Account | AnonymousUser:
    session = request.session
    record = session.record if isinstance(session, SessionStore) else None
    if record is None:
        return AnonymousUser()
    found = Account.objects.filter(pk=record.account, is_active=True).first()
    return found or AnonymousUser()
