"""Who is asking, from the gateway's signed assertion by SimpleJWT, and whether she may.

The gateway has asked for the role `payroll` already. The app asks again: a mistake in the gateway's
settings must not open the payslips.
"""

import jwt  # noqa: TID251 -- the library that SimpleJWT verifies with
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.models import TokenUser
from rest_framework_simplejwt.tokens import Token

TYP = "gatehouse-assertion+jwt"
ROLE = "payroll"
WHOM_TO_ASK = "Ben Okafor in finance, ben@corp.example"


class Person(TokenUser):
    """Stands where a Django user would; made anew from each assertion, stored nowhere."""

    @property
    def name(self) -> str:
        return str(self.token.get("name", ""))

    @property
    def roles(self) -> list[str]:
        return [str(role) for role in self.token.get("roles", [])]


class AssertionAuthentication(JWTStatelessUserAuthentication):
    """Reads the bare token of the one header that the gateway writes (AUTH_HEADER_NAME)."""

    def get_raw_token(self, header: bytes) -> bytes:
        return header

    def get_validated_token(self, raw_token: bytes) -> Token:
        """Signature, `iss`, `aud` and `exp` by SimpleJWT; `typ` here. Raises InvalidToken."""
        token = super().get_validated_token(raw_token)
        if jwt.get_unverified_header(raw_token).get("typ") != TYP:  # verified one line above
            raise InvalidToken("Signed for another purpose.")
        return token


class RoleMissing(PermissionDenied):
    default_code = "role-missing"
    default_detail = {"missing_role": ROLE, "whom_to_ask": WHOM_TO_ASK}


class HoldsPayroll(BasePermission):
    def has_permission(self, request: Request, view: object) -> bool:  # noqa: ARG002 -- DRF's words
        """Without an assertion 401; known but without the role 403, never a way back to sign in."""
        if not isinstance(request.user, Person):
            return False
        if ROLE not in request.user.roles:
            raise RoleMissing
        return True
