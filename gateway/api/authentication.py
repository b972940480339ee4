"""Who asks: the person of a browser's session, or a program by its token."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, CSRFCheck

from gateway.flows import api_tokens
from gateway.flows.errors import TokenUnknown
from gateway.sessions.session import Session
from provisioning.models import Account


class WriteForged(Exception):
    """A write by cookie without the token of one of our pages."""

    code: ClassVar[str] = "request.forged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`scopes` is None for a person, who may do whatever her roles say."""

    account: Account
    actor: str  # for the record
    scopes: frozenset[str] | None = None
    session: Session | None = None


class ByToken(BaseAuthentication):
    """`Authorization: Bearer ghat_…`, or `ghsa_…` of a service account (RFC 6750, 2.1); nowhere
    else is a token looked for. A request with any other credential in this header is refused
    rather than taken for its cookie's.
    """

    def authenticate(self, request: Any) -> tuple[Account, Caller] | None:  # noqa: ANN401
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        kind, _, text = header.partition(" ")
        if kind.lower() != "bearer" or not text.startswith(api_tokens.PREFIXES):
            raise TokenUnknown("another credential than an API token")
        row = api_tokens.opened(text, now=timezone.now())
        caller = Caller(account=row.account, actor=row.actor, scopes=frozenset(row.scopes))
        return row.account, caller


class BySession(BaseAuthentication):
    """The cookie of the gateway's own host. Whoever writes shows that a page of ours asked."""

    def authenticate(self, request: Any) -> tuple[Account, Caller] | None:  # noqa: ANN401
        inner: HttpRequest = request._request  # noqa: SLF001 -- DRF has no other name for it
        account = inner.user
        if not isinstance(account, Account):
            return None
        check = CSRFCheck(lambda _request: None)
        check.process_request(inner)
        reason = check.process_view(inner, None, (), {})
        if reason:
            raise WriteForged(str(reason))
        session: Session | None = inner.session.record  # type: ignore[attr-defined]
        return account, Caller(account=account, actor=str(account.pk), session=session)
