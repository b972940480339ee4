"""An Okta organisation's API, as its documentation tells it: pages by Link, and rate limits."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

TOKEN = "00-read-only"


@dataclass(kw_only=True)
class OktaOrganisation:
    """`refuse_after`: so many more calls are answered, then one is told to come back."""

    page: int = 3
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)  # when a group's members last changed
    calls: list[str] = field(default_factory=list)
    refuse_after: int | None = None
    refuse_by: str = "X-Rate-Limit-Reset"
    next_host: str = ""  # where its links lead, if not to itself

    def add(self, name: str, status: str = "ACTIVE", updated: datetime | None = None) -> str:
        self.users[f"00u{name}"] = {
            "id": f"00u{name}",
            "status": status,
            "lastUpdated": _written(updated or datetime(2020, 1, 1, tzinfo=UTC)),
            "profile": {
                "login": f"{name}@corp.example",
                "email": f"{name}@corp.example",
                "firstName": name.title(),
                "lastName": "Example",
            },
        }
        return f"00u{name}"

    def group(self, name: str, *names: str, moved: datetime | None = None) -> None:
        self.groups[name] = tuple(f"00u{each}" for each in names)
        self.moved[name] = _written(moved or datetime(2020, 1, 1, tzinfo=UTC))

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path, query = environ["PATH_INFO"], parse_qs(environ["QUERY_STRING"])
        self.calls.append(path)
        if environ.get("HTTP_AUTHORIZATION") != f"SSWS {TOKEN}":
            return _answer(start, "401 Unauthorized", {"errorCode": "E0000011"})
        if self.refuse_after is not None:
            if self.refuse_after == 0:
                self.refuse_after = None
                wait = {"X-Rate-Limit-Reset": str(int(time.time()) + 30), "Retry-After": "30"}
                headers = [(self.refuse_by, wait[self.refuse_by])]
                return _answer(start, "429 Too Many Requests", {"errorCode": "E0000047"}, headers)
            self.refuse_after -= 1
        found = self._found(path, query)
        if not isinstance(found, list):
            return _answer(start, "200 OK" if found else "404 Not Found", found or {})
        return self._paged(environ, start, found, query)

    def _found(self, path: str, query: dict[str, list[str]]) -> Any:
        match path.removeprefix("/api/v1/").split("/"):
            case ["users"]:
                if "search" in query:
                    since = query["search"][0].split('"')[1]
                    return [u for u in self.users.values() if u["lastUpdated"] > since]
                return [u for u in self.users.values() if u["status"] != "DEPROVISIONED"]
            case ["users", user]:
                logins = {u["profile"]["login"]: u for u in self.users.values()}
                return self.users.get(user) or logins.get(user)
            case ["groups", *_] | ["users", _, "groups"]:
                return self._of_groups(path, query)
        return None

    def _of_groups(self, path: str, query: dict[str, list[str]]) -> Any:
        match path.removeprefix("/api/v1/").split("/"):
            case ["users", user, "groups"]:
                return [_group(name) for name, those in self.groups.items() if user in those]
            case ["groups"]:
                since = query["filter"][0].split('"')[1] if "filter" in query else ""
                return [_group(name) for name in self.groups if self.moved[name] > since]
            case ["groups", group, "users"]:
                names = {_group(name)["id"]: name for name in self.groups}
                return [self.users[each] for each in self.groups[names[group]]]
        return None

    def _paged(
        self,
        environ: WSGIEnvironment,
        start: StartResponse,
        found: list[Any],
        query: dict[str, list[str]],
    ) -> Iterable[bytes]:
        size = min(self.page, int(query.get("limit", ["200"])[0]))
        at = int(query.get("after", ["0"])[0])
        headers = []
        here = f"http://{environ['HTTP_HOST']}"
        if at + size < len(found):
            more = {name: values[0] for name, values in query.items()} | {"after": str(at + size)}
            address = f"{self.next_host or here}{environ['PATH_INFO']}?{urlencode(more)}"
            headers = [("Link", f'<{here}/self>; rel="self", <{address}>; rel="next"')]
        return _answer(start, "200 OK", found[at : at + size], headers)


def _group(name: str) -> dict[str, Any]:
    return {"id": f"00g{name.replace('/', '-')}", "profile": {"name": name}}


def _answer(
    start: StartResponse, status: str, body: Any, headers: list[tuple[str, str]] | None = None
) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/json"), *(headers or [])])
    return [json.dumps(body).encode()]


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
