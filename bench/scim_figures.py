"""The measurements of `bench.scim`, run in a new process; the last line is its figures."""

import json
import time
from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from gateway import wiring
from gateway.flows.mapping.consequences import Confirmed
from gateway.flows.mapping.publishing import publish_rules
from gateway.flows.scim import connections, tokens
from mapping import models as mapping_models
from providers.models import Provider

PEOPLE, GROUPS, LARGE, PATCHES = 50_000, 2_000, 10_000, 1_000
IN_GROUP = 25  # people of each of the others
RULES = 100  # a role for each of the first groups
AT_ONCE = 500  # operations of one bulk message
_TYPE = "application/scim+json"


def run() -> None:
    provider = Provider.objects.create(
        slug="corp",
        name="Corp",
        protocol="oidc",
        dialect="plain",
        settings={"issuer": "https://id.corp.example", "client_id": "gatehouse"},
    )
    _rules()
    now = timezone.now()
    connections.make(
        slug="bench",
        name="Bench",
        provider=provider.slug,
        external_id_is_subject=True,
        actor="bench",
        now=now,
    )
    told = tokens.make(connection="bench", days=1, actor="bench", now=now)
    pusher = _Pusher(told.text)
    figures: dict[str, float] = {}
    ids, seconds = pusher.people()
    figures["users_per_s"] = PEOPLE / sum(seconds)
    tenth = max(1, len(seconds) // 10)
    figures["last_tenth_of_first"] = sum(seconds[-tenth:]) / sum(seconds[:tenth])
    begun = time.perf_counter()
    for number in range(GROUPS):
        start = number * IN_GROUP % (PEOPLE - IN_GROUP)
        pusher.group(f"group-{number}", ids[start : start + IN_GROUP])
    figures["groups_per_s"] = GROUPS / (time.perf_counter() - begun)
    begun = time.perf_counter()
    large = pusher.group("large", ids[:LARGE])
    figures["large_group_s"] = time.perf_counter() - begun
    figures |= pusher.patches(large, ids)
    figures |= pusher.reads()
    print(json.dumps(figures))


def _rules() -> None:
    written = []
    for number in range(RULES):
        Group.objects.create(name=f"role-{number}")
        when = {"claim": "groups", "equals": "large" if number == 0 else f"group-{number}"}
        written.append({"id": f"rule-{number}", "when": when, "roles": [f"role-{number}"]})
    publish_rules(
        {"rules": written},
        based_on=mapping_models.active().version,
        actor="operator",
        now=timezone.now(),
        confirmed=Confirmed(),
    )


class _Pusher:
    def __init__(self, token: str) -> None:
        host = wiring.config().host
        self._client = Client(headers={"Host": host, "Authorization": f"Bearer {token}"})

    def _send(self, method: str, path: str, body: object = None) -> Any:
        raw = "" if body is None else json.dumps(body)
        answer = self._client.generic(method, f"/scim/v2/bench{path}", raw, content_type=_TYPE)
        assert answer.status_code < 300, answer.content[:500]
        return answer

    def people(self) -> tuple[list[str], list[float]]:
        """Their ids, and how long each message took."""
        ids, seconds = [], []
        for operations in _bulks():
            begun = time.perf_counter()
            told = self._send("POST", "/Bulk", {"Operations": operations}).json()["Operations"]
            seconds.append(time.perf_counter() - begun)
            assert {one["status"] for one in told} == {"201"}, told[0]
            ids += [one["location"].rpartition("/")[2] for one in told]
        return ids, seconds

    def group(self, name: str, members: list[str]) -> str:
        body = {"displayName": name, "members": [{"value": member} for member in members]}
        answer = self._send("POST", "/Groups?excludedAttributes=members", body)
        key: str = answer.json()["id"]
        return key

    def patches(self, group: str, ids: list[str]) -> dict[str, float]:
        """One goes and another one comes, in turn."""
        seconds = []
        for number in range(PATCHES // 2):
            gone, come = ids[number], ids[LARGE + number]
            for step in (
                {"op": "remove", "path": f'members[value eq "{gone}"]'},
                {"op": "add", "path": "members", "value": [{"value": come}]},
            ):
                begun = time.perf_counter()
                self._send("PATCH", f"/Groups/{group}", {"Operations": [step]})
                seconds.append((time.perf_counter() - begun) * 1000)
        return {"patch_p50_ms": median(seconds), "patch_p99_ms": quantiles(seconds, n=100)[-1]}

    def reads(self) -> dict[str, float]:
        cursor = self._send("GET", "/Users?cursor=&count=100").json()["nextCursor"]
        asked = {
            "page_ms": "/Users?startIndex=1&count=100",
            "late_page_ms": f"/Users?startIndex={PEOPLE - 200}&count=100",
            "cursor_page_ms": f"/Users?cursor={cursor}&count=100",
            "by_name_ms": '/Users?filter=userName eq "person-17@corp.example"',
            "by_value_ms": '/Users?filter=emails[value eq "person-17@corp.example"]',
            "groups_ms": "/Groups?excludedAttributes=members&count=100",
        }
        return {name: self._median(path) for name, path in asked.items()}

    def _median(self, path: str) -> float:
        seconds = []
        for _ in range(20):
            begun = time.perf_counter()
            self._send("GET", path)
            seconds.append((time.perf_counter() - begun) * 1000)
        return median(seconds)


def _bulks() -> Iterator[list[dict[str, object]]]:
    for start in range(0, PEOPLE, AT_ONCE):
        yield [
            {
                "method": "POST",
                "path": "/Users",
                "bulkId": str(number),
                "data": {
                    "userName": f"person-{number}@corp.example",
                    "externalId": f"00u{number}",
                    "displayName": f"Person {number}",
                    "active": True,
                    "emails": [{"value": f"person-{number}@corp.example", "type": "work"}],
                },
            }
            for number in range(start, min(start + AT_ONCE, PEOPLE))
        ]
