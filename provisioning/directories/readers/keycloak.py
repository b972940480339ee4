"""A realm of Keycloak, by its Admin REST API.

A service account of the realm reads: `view-users` for people and groups, `view-events` for news.
News are the realm's admin events, where the realm keeps them; who signs herself up, or comes from a
federation, leaves none and is found by the next reading of everybody. The paths and shapes are
those that python-keycloak uses; it is not used itself, for it calls through `requests`, follows
redirects with credentials and reads answers without limit.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar, cast
from urllib.parse import quote

from provisioning.directories.asking import Api, NotThere, needed, text
from provisioning.directories.errors import DirectoryAnswerInvalid, DirectoryRefused
from provisioning.directories.source import Members, Page, Person, ReadEverything, Reading

_T = TypeVar("_T")
PAGE = 100
TOPS = 20  # groups at the top in one go: those that are still to be read stand in the cursor
MAX_TODO = 20_000
MAX_NEWS, MAX_EVENTS = 200, 5_000  # people; where more changed, everybody is read
_ID_IN_PATH = re.compile(r"users/([^/]+)(/groups/[^/]+)?")


class KeycloakSource:
    def __init__(self, api: Api, *, realm: str, client: Mapping[str, str], by_path: bool) -> None:
        """`client` is `client_id` and `client_secret`."""
        self._api, self._by_path = api, by_path
        self._admin = f"/admin/realms/{realm}"
        self._token_path = f"/realms/{realm}/protocol/openid-connect/token"
        self._client = client
        self._authorization = ""

    def read(self, reading: Reading) -> Page:
        stage = str(reading.after.get("stage", ""))
        if reading.news_from:
            return self._news(int(reading.news_from))
        steps: Mapping[str, Callable[[Mapping[str, object]], Page]] = {
            "": self._begin,
            "tops": self._tops,
            "members": self._members,
            "children": self._children,
            "people": self._people,
        }
        return steps[stage](reading.after)

    def find(self, subject: str) -> bool:
        try:
            user = self._record(f"/users/{quote(subject, safe='')}")
        except NotThere:
            return False
        return user.get("enabled") is True

    def close(self) -> None:
        """Nothing stays open."""

    # everybody

    def _begin(self, _: Mapping[str, object]) -> Page:
        """From here on news is news: what changes while everybody is read comes again."""
        return Page(after={"stage": "tops", "at": 0, "since": self._newest_event()})

    def _tops(self, after: Mapping[str, object]) -> Page:
        """Some groups that are within no other."""
        at = _number(after, "at")
        tops = self._list("/groups", {"first": at, "max": TOPS, "briefRepresentation": "true"})
        if not tops:
            return Page(after={"stage": "people", "at": 0, "since": after.get("since", "")})
        todo = [self._entry(top) for top in tops]
        return Page(after={**after, "stage": "members", "at": at + TOPS, "todo": todo, "from": 0})

    def _entry(self, group: Mapping[str, object]) -> list[str]:
        name = needed(group, "path" if self._by_path else "name")
        return [needed(group, "id"), name, "leaf" if group.get("subGroupCount") == 0 else ""]

    def _members(self, after: Mapping[str, object]) -> Page:
        todo = after.get("todo")
        if not isinstance(todo, list) or not todo:
            return Page(after={**after, "stage": "tops"})
        group, name, leaf = (str(each) for each in todo[0])
        at = _number(after, "from")
        query = {"first": at, "max": PAGE, "briefRepresentation": "true"}
        users = self._within(f"/groups/{quote(group, safe='')}/members", query)
        members = Members(group=name, keys=tuple(needed(user, "id") for user in users))
        if len(users) == PAGE:
            return Page(members=(members,), after={**after, "from": at + PAGE})
        if leaf:
            return Page(members=(members,), after={**after, "todo": todo[1:], "from": 0})
        return Page(members=(members,), after={**after, "stage": "children", "from": 0})

    def _children(self, after: Mapping[str, object]) -> Page:
        """Those within the group whose members were read, which come next."""
        todo, at = list(cast(list[list[str]], after["todo"])), _number(after, "from")
        path = f"/groups/{quote(str(todo[0][0]), safe='')}/children"
        found = [self._entry(each) for each in self._within(path, {"first": at, "max": PAGE})]
        if len(todo) + len(found) > MAX_TODO:
            raise DirectoryAnswerInvalid("groups within groups without end")
        if len(found) == PAGE:
            return Page(after={**after, "todo": [*todo, *found], "from": at + PAGE})
        return Page(after={**after, "stage": "members", "todo": [*todo[1:], *found], "from": 0})

    def _within(self, path: str, query: Mapping[str, object]) -> list[Mapping[str, object]]:
        try:
            return self._list(path, query)
        except NotThere:
            return []  # the group was deleted since it was named

    def _people(self, after: Mapping[str, object]) -> Page:
        at = _number(after, "at")
        query = {"first": at, "max": PAGE, "briefRepresentation": "true"}
        users = self._list("/users", query)
        people = tuple(_person(user) for user in users if not text(user, "serviceAccountClientId"))
        if len(users) < PAGE:
            return Page(people=people, news_from=str(after.get("since", "")))
        return Page(people=people, after={**after, "at": at + PAGE})

    # news

    def _newest_event(self) -> str:
        """When the newest was, in milliseconds; empty where the realm keeps none, or hides them."""
        try:
            if self._record("/events/config").get("adminEventsEnabled") is not True:
                return ""
            events = self._list("/admin-events", {"first": 0, "max": 1})
        except (DirectoryRefused, NotThere):
            return ""
        return str(_moment(events[0])) if events else "0"

    def _news(self, since: int) -> Page:
        """Events come the newest first. The one that was the newest comes again: another may have
        been in the same millisecond, and without it some were deleted that nobody read.
        """
        newest = self._newest_event()
        if not newest:
            raise ReadEverything
        changed: dict[str, None] = {}
        reached = since == 0
        for first in range(0, MAX_EVENTS, PAGE):
            events = self._list("/admin-events", {"first": first, "max": PAGE})
            for event in events:
                reached = reached or _moment(event) <= since
                if _moment(event) < since:
                    return self._told_of(changed, newest)
                changed |= dict.fromkeys(_users_of(event))
            if len(events) < PAGE and reached:
                return self._told_of(changed, newest)
            if len(events) < PAGE or len(changed) > MAX_NEWS:
                break
        raise ReadEverything

    def _told_of(self, users: Mapping[str, None], newest: str) -> Page:
        people, gone = [], []
        for user in users:
            try:
                path = f"/users/{quote(user, safe='')}"
                people.append(_person(self._record(path), self._groups_of(path)))
            except NotThere:
                gone.append(user)
        return Page(people=tuple(people), gone=tuple(gone), news_from=newest)

    def _groups_of(self, path: str) -> tuple[str, ...]:
        found: list[str] = []
        while True:
            groups = self._list(f"{path}/groups", {"first": len(found), "max": PAGE})
            found += [needed(group, "path" if self._by_path else "name") for group in groups]
            if len(groups) < PAGE:
                return tuple(found)

    # asking

    def _list(self, path: str, query: Mapping[str, object]) -> list[Mapping[str, object]]:
        return self._asked(
            lambda bearer: self._api.records(f"{self._admin}{path}", query, bearer)[0]
        )

    def _record(self, path: str) -> Mapping[str, object]:
        return self._asked(lambda bearer: self._api.record(f"{self._admin}{path}", {}, bearer))

    def _asked(self, ask: Callable[[str], _T]) -> _T:
        """A token may live a minute: where one is refused, a new one is tried."""
        if self._authorization:
            with suppress(DirectoryRefused):
                return ask(self._authorization)
        fields = {"grant_type": "client_credentials", **self._client}
        self._authorization = self._api.token(self._token_path, fields)
        return ask(self._authorization)


def _person(user: Mapping[str, object], groups: tuple[str, ...] = ()) -> Person:
    names = (text(user, "firstName"), text(user, "lastName"))
    return Person(
        key=needed(user, "id"),
        subject=needed(user, "id"),
        active=user.get("enabled") is True,
        username=text(user, "username"),
        name=" ".join(filter(None, names)),
        email=text(user, "email"),
        email_verified=user.get("emailVerified") is True,
        groups=groups,
    )


def _users_of(event: Mapping[str, object]) -> tuple[str, ...]:
    """Whom an event concerns. Raises ReadEverything where that is whole groups."""
    kind, path = text(event, "resourceType"), text(event, "resourcePath")
    if kind == "GROUP" and text(event, "operationType") != "CREATE":
        raise ReadEverything
    found = _ID_IN_PATH.fullmatch(path) if kind in {"USER", "GROUP_MEMBERSHIP"} else None
    return (found[1],) if found else ()


def _moment(event: Mapping[str, object]) -> int:
    moment = event.get("time")
    if not isinstance(moment, int):
        raise DirectoryAnswerInvalid("an event without a time")
    return moment


def _number(after: Mapping[str, object], name: str) -> int:
    value = after.get(name, 0)
    return value if isinstance(value, int) else 0
