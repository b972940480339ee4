"""Pushed authorization requests (RFC 9126): the request goes to the provider behind the browser's
back, which then carries no more than a reference to it.
"""

from collections.abc import Mapping
from datetime import datetime

from providers.errors import ResponseInvalid
from providers.http import HttpClient
from providers.oidc.answers import answer_of
from providers.oidc.client import Client
from providers.trace import checks

MAX_REQUEST_URI = 1024
CREATED = 201


@checks("par.body", "par.expires_in", "par.request_uri")
def push(
    http: HttpClient, url: str, client: Client, fields: Mapping[str, str], now: datetime
) -> str:
    """The `request_uri` for the browser to bring along, which leaves with it at once.

    Raises ProviderRefused, ResponseInvalid (`par.*`), ProviderUnreachable.
    """
    answer = answer_of(client.post(http, url, fields, now), "par", status=CREATED)
    lives = answer.get("expires_in")
    if not isinstance(lives, int) or isinstance(lives, bool) or lives < 1:
        raise ResponseInvalid("par.expires_in", "a reference that is over before it is used")
    reference = answer.get("request_uri")
    if not isinstance(reference, str) or not 1 <= len(reference) <= MAX_REQUEST_URI:
        raise ResponseInvalid("par.request_uri", f"no text of 1 to {MAX_REQUEST_URI} characters")
    if not all("!" <= letter <= "~" for letter in reference):
        raise ResponseInvalid("par.request_uri", "characters that no address has")
    return reference
