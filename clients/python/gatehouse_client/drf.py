"""Django REST framework: `gatehouse_client.drf.Authentication`, behind the Django middleware.

`request.user` is the app's own if Django knows her (see `gatehouse_client.django`), else `Visitor`;
`request.auth` is the person. As she is known by a cookie, writing needs Django's CSRF token.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from gatehouse_client.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is signed in and has no row in this app."""

    person: Person
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True
    is_staff: bool = False
    is_superuser: bool = False

    @property
    def pk(self) -> str:
        return self.person.account

    @property
    def username(self) -> str:
        return self.person.username

    def __str__(self) -> str:
        return self.person.username


class Authentication(SessionAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Person] | None:
        inner = request._request  # noqa: SLF001 -- as SessionAuthentication itself does
        if not hasattr(inner, "gatehouse"):
            raise ImproperlyConfigured("gatehouse_client.django.Middleware is not in MIDDLEWARE.")
        person: Person | None = inner.gatehouse
        if person is None:
            return None
        self.enforce_csrf(request)
        known = getattr(inner, "user", None)
        # Another sign-in of this browser may have left somebody else there.
        if known is not None and known.is_active and known.get_username() == person.account:
            return known, person
        return Visitor(person=person), person

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 -- DRF's signature
        return "Cookie"
