"""The other end of a stream: what it publishes, and what we ask of it.

Shared Signals Framework 1.0, sections 7 (metadata) and 8.1 (streams); RFC 8935 (push); RFC 8936
(poll).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlencode, urlsplit, urlunsplit

from providers.connector import SharedCache
from providers.errors import ProviderRefused, ProviderUnreachable, ResponseInvalid
from providers.http import HttpClient, HttpResponse
from providers.oidc.answers import answer_of
from providers.oidc.documents import Documents
from providers.oidc.json_object import NotAnObject, json_object
from providers.oidc.metadata import endpoint
from providers.signals.events import WANTED

PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
MAX_METADATA = 64 * 1024
MAX_ANSWER = 64 * 1024
MAX_SETS = 50  # of one answer to a poll
MAX_POLLED = 4 * 1024 * 1024  # bytes of one answer to a poll
MAX_NAME = 500  # characters of a stream's id or of an audience
MAX_AUDIENCES = 10
_MADE, _DONE = 201, (200, 202, 204)
_GONE = (*_DONE, 404)
_SERVER_ERROR, _TOO_MANY = 500, 429


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmitterMetadata:
    """Only what is used."""

    jwks_uri: str
    configuration_endpoint: str | None
    verification_endpoint: str | None


class Transmitter(Documents):
    """What one transmitter publishes, for the streams of one provider's row."""

    def __init__(self, slug: str, issuer: str, http: HttpClient, cache: SharedCache) -> None:
        prefix = f"ssf:{slug}:{sha256(issuer.encode()).hexdigest()[:16]}"
        super().__init__(prefix, issuer, http, cache)

    def metadata(self, now: datetime) -> TransmitterMetadata:
        return _read(self._kept("metadata", self._fetch_metadata, now), self._issuer)

    def _jwks_uri(self, now: datetime) -> str:
        return self.metadata(now).jwks_uri

    def _fetch_metadata(self) -> HttpResponse:
        response = self._document(metadata_url(self._issuer), MAX_METADATA)
        _read(response.body, self._issuer)
        return response


def metadata_url(issuer: str) -> str:
    """Between host and path (section 7.2)."""
    parts = urlsplit(issuer)
    path = "/.well-known/ssf-configuration" + parts.path.rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


@lru_cache(maxsize=64)
def _read(document: bytes, issuer: str) -> TransmitterMetadata:
    """Section 7.2.3: the document's issuer must be the one that was asked for, exactly."""
    try:
        values = json_object(document)
    except NotAnObject as error:
        raise ProviderUnreachable(f"{issuer}: a configuration that is {error}") from error
    if values.get("issuer") != issuer:
        raise ProviderUnreachable(f"{issuer}: its configuration names another issuer")
    jwks_uri = endpoint(values, "jwks_uri", issuer)
    if jwks_uri is None:
        raise ProviderUnreachable(f"{issuer}: its configuration has no jwks_uri")
    return TransmitterMetadata(
        jwks_uri=jwks_uri,
        configuration_endpoint=endpoint(values, "configuration_endpoint", issuer),
        verification_endpoint=endpoint(values, "verification_endpoint", issuer),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeStream:
    id: str
    audiences: tuple[str, ...]
    poll_url: str  # empty where events are pushed


def make_stream(
    http: HttpClient, url: str, bearer: str, *, issuer: str, push_to: tuple[str, str] | None
) -> MadeStream:
    """Section 8.1.1.1. `push_to` is our address and what to send it as Authorization; without, we
    shall ask. Raises ProviderRefused, ResponseInvalid (`stream.*`), ProviderUnreachable.
    """
    delivery: dict[str, str] = {"method": POLL}
    if push_to is not None:
        address, authorization = push_to
        delivery = {
            "method": PUSH,
            "endpoint_url": address,
            "authorization_header": authorization,
        }
    asked = {"delivery": delivery, "events_requested": list(WANTED), "description": "Gatehouse"}
    answer = answer_of(_post(http, url, bearer, asked, MAX_ANSWER), "stream", _MADE)
    if (came := answer.get("iss")) != issuer:
        raise ResponseInvalid("stream.iss", "another issuer", expected=issuer, received=came)
    polled = answer.get("delivery")
    found = endpoint(polled if isinstance(polled, dict) else {}, "endpoint_url", issuer)
    if push_to is None and found is None:
        raise ResponseInvalid("stream.delivery", "no address where to ask for events")
    return MadeStream(
        id=_name(answer.get("stream_id"), "stream.stream_id"),
        audiences=_audiences(answer.get("aud")),
        poll_url="" if push_to is not None or found is None else found,
    )


def end_stream(http: HttpClient, url: str, bearer: str, stream: str) -> None:
    """Section 8.1.1.5; one that is gone already is as good. Raises ProviderRefused,
    ProviderUnreachable.
    """
    query = urlencode({"stream_id": stream})
    answer = http.delete(f"{url}?{query}", bearer=bearer, limit=MAX_ANSWER)
    _check(answer, "stream", _GONE)


def ask_verification(http: HttpClient, url: str, bearer: str, *, stream: str, state: str) -> None:
    """Section 8.1.4.2: an event with this state comes over the stream. Raises ProviderRefused,
    ProviderUnreachable.
    """
    asked = {"stream_id": stream, "state": state}
    _check(_post(http, url, bearer, asked, MAX_ANSWER), "verification", _DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """`sets` are event tokens, unjudged, by the name under which they are acknowledged."""

    sets: Mapping[str, str] = field(repr=False)
    more: bool


def poll(
    http: HttpClient,
    url: str,
    bearer: str,
    *,
    taken: Iterable[str] = (),
    refused: Mapping[str, tuple[str, str]] | None = None,
    most: int = MAX_SETS,
) -> Polled:
    """RFC 8936, 2.4: what there is, at once. `taken` are not sent again; `refused` neither, each
    with an error code and words. Raises ProviderRefused, ResponseInvalid (`poll.*`),
    ProviderUnreachable.
    """
    asked = {
        "maxEvents": most,
        "returnImmediately": True,
        "ack": list(taken),
        "setErrs": {
            jti: {"err": code, "description": words}
            for jti, (code, words) in (refused or {}).items()
        },
    }
    answer = answer_of(_post(http, url, bearer, asked, MAX_POLLED), "poll")
    sets = answer.get("sets", {})
    if not isinstance(sets, dict) or not all(isinstance(each, str) for each in sets.values()):
        raise ResponseInvalid("poll.sets", "no object of event tokens")
    # Whoever sends more than was asked for is asked for the rest again.
    some = dict(list(sets.items())[:MAX_SETS])
    more = answer.get("moreAvailable") is True or len(sets) > MAX_SETS
    return Polled(sets=some, more=more)


def _post(
    http: HttpClient, url: str, bearer: str, content: Mapping[str, object], limit: int
) -> HttpResponse:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
    body = json.dumps(content).encode()
    return http.post(url, body=body, headers=headers, accept="application/json", limit=limit)


def _check(answer: HttpResponse, what: str, lawful: tuple[int, ...]) -> None:
    if answer.status >= _SERVER_ERROR or answer.status == _TOO_MANY:
        raise ProviderUnreachable(f"the {what} endpoint answered with status {answer.status}")
    if answer.status not in lawful:
        raise ProviderRefused(f"status.{answer.status}", f"at the {what} endpoint")


def _audiences(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not 1 <= len(listed) <= MAX_AUDIENCES:
        raise ResponseInvalid("stream.aud", f"not 1 to {MAX_AUDIENCES} audiences")
    return tuple(_name(each, "stream.aud") for each in listed)


def _name(value: object, check: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME or not value.isprintable():
        raise ResponseInvalid(check, f"no text of 1 to {MAX_NAME} characters")
    return value
