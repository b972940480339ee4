"""Asking a directory over HTTP: one GET, its JSON, and what its refusals mean.

All of it leaves by `providers.http`, which looks at addresses and waits and reads no longer than it
may. What a directory says of its limits (429, 503; RFC 9110, 10.2.3) is passed on as DirectoryBusy.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

from providers.errors import ProviderUnreachable
from providers.http import HttpClient, HttpResponse
from providers.oidc.json_object import NotAnObject, json_object
from provisioning.directories.errors import (
    DirectoryAnswerInvalid,
    DirectoryBusy,
    DirectoryRefused,
    DirectoryUnreachable,
)

MAX_ANSWER = 5_000_000  # bytes
# If it is busy and does not say for how long; and for how long at most it is believed.
BUSY_SECONDS, MOST_BUSY_SECONDS = 60.0, 3600.0


class NotThere(Exception):
    """There is nothing of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """`base` has no slash at its end. Credentials are sent to its origin alone."""

    http: HttpClient
    base: str

    def records(
        self, path: str, query: Mapping[str, object], authorization: str
    ) -> tuple[list[Mapping[str, object]], HttpResponse]:
        """A list of objects. Raises NotThere, DirectoryError."""
        answer = self._got(self.address(path, query), authorization)
        found = _parsed(b'{"list":' + answer.body + b"}", answer)["list"]
        if not isinstance(found, list):
            raise DirectoryAnswerInvalid(f"{_shown(answer.url)}: no list")
        return [_object(each, answer) for each in found], answer

    def record(
        self, path: str, query: Mapping[str, object], authorization: str
    ) -> Mapping[str, object]:
        """One object. Raises NotThere, DirectoryError."""
        answer = self._got(self.address(path, query), authorization)
        return _parsed(answer.body, answer)

    def follow(
        self, url: str, authorization: str
    ) -> tuple[list[Mapping[str, object]], HttpResponse]:
        """The page to which a directory's own link leads. Raises DirectoryAnswerInvalid if that is
        elsewhere: nobody else gets our credentials.
        """
        if urlsplit(url)[:2] != urlsplit(self.base)[:2]:
            raise DirectoryAnswerInvalid("its next page is at another host")
        return self.records(url.removeprefix(self.base), {}, authorization)

    def token(self, path: str, fields: Mapping[str, str]) -> str:
        """An access token by our own credentials (RFC 6749, 4.4). Raises DirectoryError."""
        try:
            answer = self.http.post(
                self.address(path, {}),
                body=urlencode(fields).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                accept="application/json",
                limit=MAX_ANSWER,
            )
        except ProviderUnreachable as error:
            raise DirectoryUnreachable(str(error)) from error
        if answer.status in {400, 401, 403}:
            raise DirectoryRefused(f"{_shown(answer.url)}: does not know our credentials")
        token = _parsed(_welcome(answer).body, answer).get("access_token")
        if not isinstance(token, str) or not token:
            raise DirectoryAnswerInvalid(f"{_shown(answer.url)}: no access token")
        return f"Bearer {token}"

    def address(self, path: str, query: Mapping[str, object]) -> str:
        return f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")

    def _got(self, url: str, authorization: str) -> HttpResponse:
        """Follows no redirect: the credentials are for this address only."""
        headers = [("Authorization", authorization)]
        try:
            answer = self.http.look(url, limit=MAX_ANSWER, headers=headers)
        except ProviderUnreachable as error:
            raise DirectoryUnreachable(str(error)) from error
        if answer.status == 404:  # noqa: PLR2004
            raise NotThere
        return _welcome(answer)


def text(record: Mapping[str, object], name: str) -> str:
    """The text of this name; empty where there is none."""
    value = record.get(name)
    return value if isinstance(value, str) else ""


def needed(record: Mapping[str, object], name: str) -> str:
    """The text of this name. Raises DirectoryAnswerInvalid where there is none."""
    value = text(record, name)
    if not value:
        raise DirectoryAnswerInvalid(f"a record without {name}")
    return value


def inside(record: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object of this name; an empty one where there is none."""
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _welcome(answer: HttpResponse) -> HttpResponse:
    where = _shown(answer.url)
    match answer.status:
        case 200:
            return answer
        case 401 | 403:
            raise DirectoryRefused(f"{where}: does not let our credentials read ({answer.status})")
        case 429:
            raise DirectoryBusy(_wanted(answer.headers))
        case 503 if "retry-after" in answer.headers:
            raise DirectoryBusy(_wanted(answer.headers))
        case status if status >= 500:  # noqa: PLR2004
            raise DirectoryUnreachable(f"{where}: answered {status}")
    raise DirectoryAnswerInvalid(f"{where}: answered {answer.status}")


def _wanted(headers: Mapping[str, str]) -> float:
    """`Retry-After` in seconds or as a date; Okta and Auth0 say in seconds since 1970 when it is
    over.
    """
    now = time.time()
    after, reset = headers.get("retry-after", ""), headers.get("x-rate-limit-reset", "")
    reset = reset or headers.get("x-ratelimit-reset", "")
    seconds = BUSY_SECONDS
    if after.isascii() and after.isdigit():
        seconds = float(after[:9])
    elif after:
        seconds = _until(after, now)
    elif reset.isascii() and reset.isdigit():
        seconds = float(reset[:12]) - now
    return min(max(seconds, 1.0), MOST_BUSY_SECONDS)


def _until(date: str, now: float) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return BUSY_SECONDS
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime.fromtimestamp(now, UTC)).total_seconds()


def _parsed(body: bytes, answer: HttpResponse) -> Mapping[str, object]:
    try:
        return json_object(body)
    except NotAnObject as error:
        raise DirectoryAnswerInvalid(f"{_shown(answer.url)}: {error}") from error


def _object(value: object, answer: HttpResponse) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise DirectoryAnswerInvalid(f"{_shown(answer.url)}: a list of something else than objects")
    return value


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
