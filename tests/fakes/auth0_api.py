"""An Auth0 tenant's Management API, as its documentation tells it: searches that end, checkpoints,
rate limits.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

CLIENT, SECRET = "reader", "m2m secret"


@dataclass(kw_only=True)
class Auth0Tenant:
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    most: int = 1_000
    tokens: int = 0
    expire_after: int | None = None  # calls
    refuse_after: int | None = None

    def add(self, name: str, *, at: int = 0, **more: object) -> str:
        user = f"auth0|{name}"
        self.users[user] = {
            "user_id": user,
            "nickname": name,
            "name": f"{name.title()} Example",
            "email": f"{name}@corp.example",
            "email_verified": True,
            "created_at": f"2026-01-01T00:00:00.{at:06d}Z",
            **more,
        }
        return user

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path, query = environ["PATH_INFO"], parse_qs(environ["QUERY_STRING"])
        if path == "/oauth/token":
            return self._token(environ, start)
        if self.expire_after is not None:
            self.expire_after -= 1
            if self.expire_after < 0:
                self.expire_after = None
                self.tokens += 1
        if environ.get("HTTP_AUTHORIZATION") != f"Bearer token-{self.tokens}":
            return _answer(start, "401 Unauthorized", {"error": "Unauthorized"})
        if self.refuse_after is not None:
            if self.refuse_after == 0:
                self.refuse_after = None
                reset = [("X-RateLimit-Reset", str(int(time.time()) + 20))]
                return _answer(start, "429 Too Many Requests", {}, reset)
            self.refuse_after -= 1
        return self._answered(start, path, {name: values[0] for name, values in query.items()})

    def _token(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        sent = parse_qs(environ["wsgi.input"].read().decode())
        audience = f"http://{environ['HTTP_HOST']}/api/v2/"
        if [sent.get(n) for n in ("client_secret", "audience")] != [[SECRET], [audience]]:
            return _answer(start, "403 Forbidden", {"error": "access_denied"})
        self.tokens += 1
        return _answer(start, "200 OK", {"access_token": f"token-{self.tokens}"})

    def _answered(self, start: StartResponse, path: str, query: dict[str, str]) -> Iterable[bytes]:
        match path.removeprefix("/api/v2/").split("/"):
            case ["users"]:
                return self._searched(start, query)
            case ["users", user]:
                found = self.users.get(user)
                return _answer(start, "200 OK" if found else "404 Not Found", found or {})
            case ["roles"]:
                size, page = int(query["per_page"]), int(query["page"])
                names = list(self.roles)[page * size : (page + 1) * size]
                return _answer(start, "200 OK", [{"id": f"rol_{n}", "name": n} for n in names])
            case ["roles", role, "users"]:
                those, at = self.roles[role.removeprefix("rol_")], int(query.get("from", "0"))
                size = int(query["take"])
                body: dict[str, Any] = {
                    "users": [{"user_id": user} for user in those[at : at + size]]
                }
                if at + size < len(those):
                    body["next"] = str(at + size)
                return _answer(start, "200 OK", body)
        return _answer(start, "404 Not Found", {})

    def _searched(self, start: StartResponse, query: dict[str, str]) -> Iterable[bytes]:
        size, page = int(query["per_page"]), int(query["page"])
        if (page + 1) * size > self.most:
            problem = "You can only page through the first 1000 records."
            return _answer(start, "400 Bad Request", {"message": problem})
        since = query["q"].split("[")[1].split(" TO")[0] if "q" in query else ""
        found = sorted(
            (user for user in self.users.values() if user["created_at"] >= since),
            key=lambda user: str(user["created_at"]),
        )
        return _answer(start, "200 OK", found[page * size : (page + 1) * size])


def _answer(
    start: StartResponse, status: str, body: Any, headers: list[tuple[str, str]] | None = None
) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/json"), *(headers or [])])
    return [json.dumps(body).encode()]
