"""Somebody's groups from a vendor's own interface, where its tokens do not hold them.

Which address and how its pages read is the dialect's to say (`GroupDirectory`); here they are
fetched, with the login's own access token, which is the vendor's and for this interface.
"""

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from providers.connector import GroupDirectory
from providers.errors import ProviderUnreachable, ResponseInvalid
from providers.http import HttpClient
from providers.oidc.json_object import NotAnObject, json_object

MAX_GROUPS = 15_000  # with all else, about what a `ClaimSet` takes
MAX_PAGES = 100
MAX_PAGE = 2 * 1024 * 1024
SECONDS = 20.0  # for all pages together, but for the one that is under way

_OK, _TOO_MANY, _SERVER_ERROR = 200, 429, 500


def ask_groups(
    http: HttpClient, directory: GroupDirectory, claims: Mapping[str, object], bearer: str | None
) -> list[str]:
    """All of them. Raises ResponseInvalid (`claims.groups`), ProviderUnreachable."""
    if bearer is None:
        raise ResponseInvalid("claims.groups", "no access token came to ask for them with")
    deadline, groups = time.monotonic() + SECONDS, list[str]()
    url: str | None = directory.first_page(claims)
    for _ in range(MAX_PAGES):
        if url is None:
            return groups
        if time.monotonic() > deadline:
            raise ProviderUnreachable(f"{directory.base}: its pages of groups took too long")
        found, url = directory.read(_page(http, url, bearer), url)
        groups += found
        if len(groups) > MAX_GROUPS:
            raise ResponseInvalid("claims.groups", f"more than {MAX_GROUPS} groups")
        if url is not None and _origin(url) != _origin(directory.base):
            raise ResponseInvalid("claims.groups", "the next page would be at another place")
    raise ResponseInvalid("claims.groups", f"more than {MAX_PAGES} pages of groups")


def _page(http: HttpClient, url: str, bearer: str) -> Mapping[str, object]:
    answer = http.get(url, accept="application/json", limit=MAX_PAGE, bearer=bearer)
    if answer.status >= _SERVER_ERROR or answer.status == _TOO_MANY:
        raise ProviderUnreachable(f"the directory of groups answered with status {answer.status}")
    if answer.status != _OK:
        problem = f"the directory answered with status {answer.status}; is its scope granted?"
        raise ResponseInvalid("claims.groups", problem)
    try:
        return json_object(answer.body)
    except NotAnObject as error:
        raise ProviderUnreachable("the directory of groups did not answer in JSON") from error


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ResponseInvalid("claims.groups", "the next page has no address") from error
    return parts.scheme, parts.netloc
