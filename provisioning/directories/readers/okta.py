"""An Okta organisation, by its API (`/api/v1`), with an API token of a read-only administrator.

Lists come in pages whose next one Okta names itself (`Link`, RFC 8288); that it is at the same host
is checked, for the token goes with it. The list of users leaves out who was deprovisioned: she is
missing, and asked for by her id before she is taken for gone. News is who changed since; where the
members of a group changed, everybody is read.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, cast
from urllib.parse import quote

from providers.http import HttpResponse
from provisioning.directories.asking import Api, NotThere, inside, needed, text
from provisioning.directories.source import Members, Page, Person, ReadEverything, Reading

PAGE: Final = 200
# What changed just before a reading may be found by a search only a while later.
OVERLAP: Final = timedelta(minutes=5)
MAX_NEWS: Final = 200
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="next"')
# Who is new has not been let in yet; who forgot her password, or is locked out, is still there.
_IN: Final = frozenset({"ACTIVE", "PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT"})


class OktaSource:
    def __init__(self, api: Api, *, token: str, by_login: bool) -> None:
        """`by_login`: the provider's subjects are logins, as an own authorization server's are."""
        self._api, self._by_login = api, by_login
        self._authorization = f"SSWS {token}"

    def read(self, reading: Reading) -> Page:
        if reading.news_from:
            return self._news(reading)
        match reading.after.get("stage", ""):
            case "":
                since = _written(datetime.now(UTC) - OVERLAP)
                return Page(after={"stage": "groups", "next": "", "since": since})
            case "groups":
                return self._groups(reading.after)
            case "members":
                return self._members(reading.after)
        return self._people(reading.after)

    def find(self, subject: str) -> bool:
        try:
            user = self._api.record(f"/api/v1/users/{quote(subject, safe='')}", {}, self._token())
        except NotThere:
            return False
        return self._person(user).subject == subject and text(user, "status") in _IN

    def close(self) -> None:
        """Nothing stays open."""

    def _groups(self, after: Mapping[str, object]) -> Page:
        groups, following = self._list("/api/v1/groups", {"limit": PAGE}, str(after["next"]))
        todo = [[needed(group, "id"), needed(inside(group, "profile"), "name")] for group in groups]
        return Page(
            after={**after, "stage": "members", "todo": todo, "next": "", "groups": following}
        )

    def _members(self, after: Mapping[str, object]) -> Page:
        """One page of one group's members."""
        todo = cast(list[list[str]], after["todo"])
        if not todo:
            following = str(after["groups"])
            stage = "groups" if following else "people"
            return Page(after={"stage": stage, "next": following, "since": after["since"]})
        group, name = todo[0]
        path = f"/api/v1/groups/{quote(group, safe='')}/users"
        try:
            users, following = self._list(path, {"limit": PAGE}, str(after["next"]))
        except NotThere:
            users, following = [], ""  # deleted since it was named
        members = Members(group=name, keys=tuple(needed(user, "id") for user in users))
        rest = todo if following else todo[1:]
        return Page(members=(members,), after={**after, "todo": rest, "next": following})

    def _people(self, after: Mapping[str, object]) -> Page:
        users, following = self._list("/api/v1/users", {"limit": PAGE}, str(after["next"]))
        people = tuple(map(self._person, users))
        if not following:
            return Page(people=people, news_from=str(after["since"]))
        return Page(people=people, after={**after, "next": following})

    def _news(self, reading: Reading) -> Page:
        """All in one answer, as it is only some."""
        since = reading.news_from
        until = _written(datetime.now(UTC) - OVERLAP)
        moved = {"filter": f'lastMembershipUpdated gt "{since}"', "limit": 1}
        if self._list("/api/v1/groups", moved, "")[0]:
            raise ReadEverything
        search = {"search": f'lastUpdated gt "{since}"', "limit": PAGE}
        users, following = self._list("/api/v1/users", search, "")
        if following or len(users) > MAX_NEWS:
            raise ReadEverything
        return Page(people=tuple(self._with_groups(user) for user in users), news_from=until)

    def _with_groups(self, user: Mapping[str, object]) -> Person:
        """She may be new, and then her groups are."""
        path = f"/api/v1/users/{quote(needed(user, 'id'), safe='')}/groups"
        found: list[Mapping[str, object]] = []
        following = ""
        try:
            while True:
                groups, following = self._list(path, {"limit": PAGE}, following)
                found += groups
                if not following:
                    break
        except NotThere:
            pass  # deleted since
        names = tuple(needed(inside(group, "profile"), "name") for group in found)
        return self._person(user, names)

    def _person(self, user: Mapping[str, object], groups: tuple[str, ...] = ()) -> Person:
        profile = inside(user, "profile")
        names = (text(profile, "firstName"), text(profile, "lastName"))
        identifier, login = needed(user, "id"), needed(profile, "login")
        return Person(
            key=identifier,
            subject=login if self._by_login else identifier,
            active=text(user, "status") in _IN,
            username=login,
            name=text(profile, "displayName") or " ".join(filter(None, names)),
            email=text(profile, "email"),
            email_verified=False,  # the API does not say
            groups=groups,
        )

    def _list(
        self, path: str, query: Mapping[str, object], following: str
    ) -> tuple[list[Mapping[str, object]], str]:
        """Some of it, and the address of the rest."""
        if following:
            found, answer = self._api.follow(following, self._token())
        else:
            found, answer = self._api.records(path, query, self._token())
        return found, _next(answer)

    def _token(self) -> str:
        return self._authorization


def _next(answer: HttpResponse) -> str:
    found = _NEXT.search(answer.headers.get("link", ""))
    return found[1] if found else ""


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
