"""What the browser brings back (OIDC Core 3.1.2.5; RP-Initiated Logout 1.0, section 3)."""

from hmac import compare_digest

from providers.connector import AuthenticationResponse
from providers.errors import ResponseInvalid
from providers.trace import checks

MAX_CODE = 4096
_FIELDS = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})


@checks("response.method", "response.repeated")
def check_once(response: AuthenticationResponse, method: str) -> None:
    """RFC 6749, 3.1: no parameter more than once. And it is we who choose how it comes."""
    if response.method != method:
        raise ResponseInvalid("response.method", f"{response.method} where {method} was asked for")
    if twice := sorted(response.repeated & _FIELDS):
        raise ResponseInvalid("response.repeated", ", ".join(twice))


@checks("response.state")
def check_state(response: AuthenticationResponse, expected: str) -> None:
    state = response.fields.get("state", "")
    if not compare_digest(state.encode(errors="replace"), expected.encode()):
        raise ResponseInvalid("response.state", "not the one that was sent")


@checks("response.code")
def code_of(response: AuthenticationResponse) -> str:
    code = response.fields.get("code", "")
    if not (1 <= len(code) <= MAX_CODE and code.isascii() and code.isprintable()):
        raise ResponseInvalid("response.code", f"no code of 1 to {MAX_CODE} printable characters")
    return code
