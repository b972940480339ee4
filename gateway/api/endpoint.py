"""What every endpoint does before its own work: size, limit, who, and may she. In that order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework import exceptions
from rest_framework.views import APIView

from gateway.api.authentication import BySession, ByToken, Caller
from gateway.api.reading import MAX_BYTES, TooLarge
from gateway.flows.errors import NotPermitted
from gateway.flows.limits import Limit, spend
from gateway.web.boundary import error_response
from gateway.web.client import limited_client
from provisioning.models import Account


class SessionMissing(Exception):
    code: ClassVar[str] = "session.missing"


class ScopeMissing(Exception):
    code: ClassVar[str] = "token.scope-missing"


class NoPerson(Exception):
    code: ClassVar[str] = "token.no-person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a method asks for: one of the scopes of a token, and the permission of its account, who
    must be let into the console as well. Without any scope it is a person's, in her session.
    """

    scopes: frozenset[str]
    permission: str | Callable[[Account], bool]

    def met_by(self, account: Account) -> bool:
        if isinstance(self.permission, str):
            return account.has_perm(self.permission)
        return self.permission(account)


OPEN, PERSON = "open", "person"  # to everybody; to whoever is signed in, and to no token


class Endpoint(APIView):
    """A method that `needs` does not name is not answered."""

    needs: ClassVar[Mapping[str, Need | str]] = {}
    authentication_classes = (ByToken, BySession)
    http_method_names = ("get", "head", "post", "put", "patch", "delete")

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        if _length(request.META.get("CONTENT_LENGTH")) > MAX_BYTES:
            raise TooLarge(f"more than {MAX_BYTES} bytes")
        spend(Limit.API, limited_client(request._request))  # noqa: SLF001
        super().initial(request, *args, **kwargs)

    def perform_authentication(self, request: Any) -> None:  # noqa: ANN401
        """In `check_permissions`, which knows whether anybody has to be known."""

    def check_permissions(self, request: Any) -> None:  # noqa: ANN401
        need = self.needs.get("GET" if request.method == "HEAD" else request.method)
        if need is None:
            raise exceptions.MethodNotAllowed(request.method)
        if need == OPEN:
            return
        caller: Caller | None = request.auth
        if caller is None:
            raise SessionMissing("nobody is signed in")
        if isinstance(need, Need):
            _check(need, caller)
        elif caller.session is None:
            raise NoPerson(caller.actor)

    def finalize_response(self, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        response: HttpResponse = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


def _check(need: Need, caller: Caller) -> None:
    if caller.scopes is not None and not need.scopes:
        raise NoPerson(caller.actor)
    if caller.scopes is not None and not caller.scopes & need.scopes:
        raise ScopeMissing(f"needs {' or '.join(sorted(need.scopes))}")
    account = caller.account
    if not (account.is_staff or account.is_program) or not need.met_by(account):
        what = getattr(need.permission, "__name__", need.permission)
        raise NotPermitted(f"{caller.actor}: not {what}")


def _length(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


_CODES = {
    exceptions.MethodNotAllowed: "request.method-unknown",
    exceptions.UnsupportedMediaType: "request.no-json",
}


def told(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """The framework's own refusals. Whatever else it is goes on to the one error boundary."""
    code = _CODES.get(type(error))
    if code is None:
        return None
    return error_response(context["request"]._request, code, error)  # noqa: SLF001
