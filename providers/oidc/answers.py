"""What a provider's endpoints answer on the back channel, before anybody asks what it means."""

import re

from providers.errors import ProviderRefused, ProviderUnreachable, ResponseInvalid
from providers.http import HttpResponse
from providers.oidc.json_object import NotAnObject, json_object

_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
OK = 200
_TOO_MANY = 429
_SERVER_ERROR = 500


def answer_of(response: HttpResponse, what: str, status: int = OK) -> dict[str, object]:
    """The JSON object in it. Raises ResponseInvalid (`WHAT.body`), ProviderRefused,
    ProviderUnreachable.
    """
    if response.status >= _SERVER_ERROR or response.status == _TOO_MANY:
        raise ProviderUnreachable(f"the {what} endpoint answered with status {response.status}")
    try:
        answer = json_object(response.body)
    except NotAnObject as error:
        problem = f"status {response.status} and {error}"
        raise ResponseInvalid(
            f"{what}.body", problem, expected="a JSON object", received=problem
        ) from error
    if response.status != status:
        raise ProviderRefused(upstream_word(answer.get("error")), f"at the {what} endpoint")
    return answer


def upstream_word(value: object) -> str:
    """A provider's error code, fit for a log: these come from outside and could be anything."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else "unreadable"


def upstream_description(text: str) -> str:
    """For the log of the admin; RFC 6749, 4.1.2.1 allows printable ASCII in it."""
    return "".join(letter for letter in text[:200] if " " <= letter <= "~")
