"""Django's authentication backend: permissions from roles, and the last step of the OIDC callback.

mozilla-django-oidc's callback view calls `authenticate`; what it would do with tokens and accounts
is done by `flows.login` instead, so the library's own steps never run.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from gateway.flows import login
from gateway.flows.pending import PendingLogin
from gateway.flows.visitor import Visitor
from gateway.web.afterwards import beside
from gateway.web.requests import authentication_response
from provisioning.models import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedCallback:
    """What the callback view found out before it asks who this is."""

    waiting: PendingLogin
    visitor: Visitor


def complete(request: HttpRequest, callback: FederatedCallback) -> login.LoggedIn:
    """Completes the sign-in that this request answers. Raises what `flows.login.complete` does."""
    return login.complete(
        callback.waiting,
        authentication_response(request),
        visitor=callback.visitor,
        beside=beside(request),
        reference=request.reference,  # type: ignore[attr-defined]
        now=timezone.now(),
    )


class FederatedBackend(OIDCAuthenticationBackend):
    """Takes only requests that a callback view has prepared."""

    def __init__(self) -> None:
        self.UserModel = Account  # Django builds a backend for each request: nothing is read here

    def authenticate(  # type: ignore[override]
        self,
        request: HttpRequest | None,
        **_credentials: Any,  # noqa: ANN401 -- the library's nonce and verifier: sealed anyway
    ) -> Account | None:
        callback = getattr(request, "federated_callback", None)
        if request is None or not isinstance(callback, FederatedCallback):
            return None
        logged_in = complete(request, callback)
        request.logged_in = logged_in  # type: ignore[attr-defined]  # for the view's last step
        return Account(pk=logged_in.account)  # the view asks only whether anybody came in
