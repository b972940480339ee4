"""An Auth0 tenant, by its Management API (`/api/v2`), with a machine-to-machine application.

Auth0 knows no groups; its roles are told as groups. A search for users ends at the thousandth
("Get users", limitations), so they are read in the order in which they were made, and each search
begins with the moment at which the last one ended. Members of a role come by checkpoints.

What role somebody gained or lost is no news that can be asked for: everybody is read each time.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, TypeVar, cast
from urllib.parse import quote

from provisioning.directories.asking import Api, NotThere, needed, text
from provisioning.directories.errors import DirectoryAnswerInvalid, DirectoryRefused
from provisioning.directories.source import Members, Page, Person, Reading

PAGE: Final = 100
MOST: Final = 1_000  # users that one search gives
_FIELDS = "user_id,username,nickname,name,email,email_verified,blocked,created_at"
_T = TypeVar("_T")


class Auth0Source:
    def __init__(self, api: Api, *, client: Mapping[str, str]) -> None:
        """`client` is `client_id` and `client_secret`."""
        self._api, self._client = api, client
        self._authorization = ""

    def read(self, reading: Reading) -> Page:
        match reading.after.get("stage", ""):
            case "" | "roles":
                return self._roles(reading.after)
            case "members":
                return self._members(reading.after)
        return self._people(reading.after)

    def find(self, subject: str) -> bool:
        path = f"/api/v2/users/{quote(subject, safe='')}"
        try:
            user = self._asked(lambda bearer: self._api.record(path, {"fields": _FIELDS}, bearer))
        except NotThere:
            return False
        return user.get("blocked") is not True

    def close(self) -> None:
        """Nothing stays open."""

    def _roles(self, after: Mapping[str, object]) -> Page:
        at = int(cast(int, after.get("at", 0)))
        roles = self._list("/api/v2/roles", {"per_page": PAGE, "page": at})
        todo = [[needed(role, "id"), needed(role, "name")] for role in roles]
        more = len(roles) == PAGE
        return Page(
            after={"stage": "members", "todo": todo, "from": "", "at": at + 1, "more": more}
        )

    def _members(self, after: Mapping[str, object]) -> Page:
        """One page of the people of one role."""
        todo = cast(list[list[str]], after["todo"])
        if not todo:
            if after["more"]:
                return Page(after={"stage": "roles", "at": after["at"]})
            return Page(after={"stage": "people", "page": 0, "since": ""})
        role, name = todo[0]
        query: dict[str, object] = {"take": PAGE}
        query |= {"from": after["from"]} if after["from"] else {}
        path = f"/api/v2/roles/{quote(role, safe='')}/users"
        try:
            found = self._asked(lambda bearer: self._api.record(path, query, bearer))
        except NotThere:
            found = {}  # deleted since it was named
        users, following = _users(found.get("users", [])), text(found, "next")
        members = Members(group=name, keys=tuple(needed(user, "user_id") for user in users))
        rest = todo if following else todo[1:]
        return Page(members=(members,), after={**after, "todo": rest, "from": following})

    def _people(self, after: Mapping[str, object]) -> Page:
        page, since = int(cast(int, after["page"])), str(after["since"])
        query: dict[str, object] = {"per_page": PAGE, "page": page, "sort": "created_at:1"}
        query |= {"fields": _FIELDS, "search_engine": "v3"}
        query |= {"q": f"created_at:[{since} TO *]"} if since else {}
        users = self._list("/api/v2/users", query)
        people = tuple(map(_person, users))
        if len(users) < PAGE:
            return Page(people=people)
        if (page + 1) * PAGE < MOST:
            return Page(people=people, after={**after, "page": page + 1})
        last = needed(users[-1], "created_at")
        if last == since:
            raise DirectoryAnswerInvalid(f"{MOST} users were made in one moment")
        return Page(people=people, after={**after, "page": 0, "since": last})

    def _list(self, path: str, query: Mapping[str, object]) -> list[Mapping[str, object]]:
        return self._asked(lambda bearer: self._api.records(path, query, bearer)[0])

    def _asked(self, ask: Callable[[str], _T]) -> _T:
        """A token may run out: where one is refused, a new one is tried."""
        if self._authorization:
            with suppress(DirectoryRefused):
                return ask(self._authorization)
        fields = {
            "grant_type": "client_credentials",
            "audience": f"{self._api.base}/api/v2/",
            **self._client,
        }
        self._authorization = self._api.token("/oauth/token", fields)
        return ask(self._authorization)


def _users(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise DirectoryAnswerInvalid("users that are no list of objects")
    return value


def _person(user: Mapping[str, object]) -> Person:
    return Person(
        key=needed(user, "user_id"),
        subject=needed(user, "user_id"),
        active=user.get("blocked") is not True,
        username=text(user, "username") or text(user, "nickname"),
        name=text(user, "name"),
        email=text(user, "email"),
        email_verified=user.get("email_verified") is True,
    )
