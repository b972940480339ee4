"""The measurements of `bench.mapping`, each run in a new process; the last line is its figures."""

import json
import random
import resource
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jmespath
from django.utils import timezone

from bench.company import NOW, SESSIONS, TEAMS, claims, identity, rules
from gateway import wiring
from gateway.flows import deliver
from gateway.flows.mapping import deciding, rollout
from gateway.flows.mapping.consequences import Confirmed
from gateway.flows.mapping.counting import count
from gateway.flows.mapping.explain import explain as why
from gateway.flows.mapping.previewing import blast_radius
from gateway.flows.mapping.publishing import publish_rules
from gateway.flows.mapping.trying import replay
from gateway.sessions.session import Session
from mapping import models as mapping_models
from mapping.evidence import Evidence
from mapping.index import asked
from mapping.models import Rollout
from mapping.ruleset import RuleSet
from providers.identity import ExternalIdentity
from provisioning.changes import Change, RoleLost
from provisioning.models import Account, LastIdentity

RULES = 1_000
GROUPS = 500
MANY = 200  # people decided upon
FEW = 20  # where it takes long


def decide() -> None:
    ruleset = RuleSet.parse(1, rules(RULES))
    dice = random.Random(3)
    people = [identity("corp-emea", number, claims(number, dice, GROUPS)) for number in range(MANY)]
    plain = [person.claims.plain() for person in people]
    expressions = [jmespath.compile(_expression(rule)) for rule in rules(RULES)["rules"]]  # type: ignore[attr-defined]

    def loop(person: ExternalIdentity) -> object:
        evidence = Evidence(person, NOW)
        return [
            rule
            for rule in ruleset.rules
            if rule.provider in {None, person.provider} and asked(rule, evidence).held
        ]

    found = ruleset.decide(people[0], NOW)
    assert {grant.rule for grant in found.grants} - {"default"} == {r.id for r in loop(people[0])}
    _tell(
        decide_us=_each(people, lambda person: ruleset.decide(person, NOW)),
        loop_us=_each(people[:FEW], loop),
        jmespath_us=_each(
            plain[:FEW], lambda told: [each for each in expressions if each.search(told)]
        ),
    )


def preview() -> None:
    """A change to a few of the rules in force, over everybody."""
    content = _changed()
    begun = time.perf_counter()
    seen = blast_radius(content, actor=None, now=NOW)
    took = time.perf_counter() - begun
    assert seen.accounts > 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    when = {"claim": "groups", "below": TEAMS[0].rpartition("/")[0]}
    begun = time.perf_counter()
    count(when, provider=None, now=NOW)  # everybody is known from now on
    first = time.perf_counter() - begun
    typed = _each(TEAMS[:MANY], lambda team: count({**when, "below": team}, provider=None, now=NOW))
    _tell(
        preview_100k_s=took,
        preview_mb=peak,
        count_first_s=first,
        count_ms=typed / 1000,
        losing=seen.losing,
        gaining=seen.gaining,
        unknown=seen.unknown,
    )


def explain() -> None:
    """Why somebody has a role, or not; and one person's roles by both versions, rule by rule."""
    content = _changed()
    rows = LastIdentity.objects.order_by("pk").values_list("linked_identity__account_id", flat=True)
    accounts = [str(account) for account in rows[:MANY]]
    why(accounts[0], "role-199", now=NOW)
    replay(accounts[0], content, now=NOW)
    _tell(
        explain_ms=_each(accounts, lambda one: why(one, "role-199", now=NOW)) / 1000,
        replay_ms=_each(accounts, lambda one: replay(one, content, now=NOW)) / 1000,
    )


def publish() -> None:
    """A change of every twentieth rule is made live for all, 20,000 of whom are signed in: until
    the last gain is in the last session. One worker, and nothing else, runs.
    """
    store = wiring.session_store()
    accounts = Account.objects.order_by("pk").values_list("pk", flat=True)[:SESSIONS]
    for account in accounts:
        store.start(_session(str(account)))
    content, now = _changed(first=7), timezone.now()
    losing = blast_radius(content, actor=None, now=now).losing
    begun = time.perf_counter()
    publish_rules(
        content,
        based_on=mapping_models.active().version,
        actor="operator",
        now=now,
        confirmed=Confirmed(losing=losing),
    )
    published = time.perf_counter()
    lost: list[float] = []
    tell = deciding.write_roles

    def told(changes: tuple[Change, ...], *rest: Any) -> None:
        tell(changes, *rest)
        if any(isinstance(change, RoleLost) and change.effective for change in changes):
            lost.append(time.perf_counter())

    deciding.write_roles = told
    while rollout.run(now=timezone.now()):
        pass
    live = time.perf_counter()
    while deliver.deliver(now=timezone.now()):
        pass
    rolled_out = Rollout.objects.get(version=mapping_models.active().version)
    assert rolled_out.state == Rollout.State.DONE
    _tell(
        publish_100k_s=time.perf_counter() - begun,
        publish_decided_s=published - begun,
        publish_losers_s=lost[-1] - published,
        publish_rolled_out_s=live - published,
        publish_changed=rolled_out.changed,
        publish_losing=losing,
    )


def _session(account: str) -> Session:
    now = timezone.now()
    return Session(
        account=account,
        username=account,
        name="",
        email=None,
        email_verified=False,
        roles=frozenset({"employee"}),
        provider="corp-emea",
        upstream_session=None,
        acr=None,
        amr=(),
        authenticated_at=now,
        started_at=now,
        expires_at=now + timedelta(hours=10),
        idle_for=timedelta(hours=1),
        ruleset=1,
    )


def _changed(first: int = 0) -> dict[str, object]:
    """Every twentieth rule gives another role. The first ones of all are of whole units, so that
    most people lose or gain by it; those from the eighth on are of one group each.
    """
    content = mapping_models.active().plain()
    written = content["rules"]
    assert isinstance(written, list)
    for at, rule in enumerate(written):
        if at % 20 == first:
            rule["roles"] = ["role-199"]
    return content


def _expression(rule: dict[str, dict[str, object]]) -> str:  # noqa: C901 -- one line a kind
    """What the rule's condition is in jmespath, which has no patterns: their beginning instead."""

    def said(when: dict[str, object]) -> str:  # noqa: C901, PLR0911
        match when:
            case {"all": [*parts]}:
                return " && ".join(map(said, parts))
            case {"not": inner}:
                return f"!({said(inner)})"
            case {"cel": _}:
                return "level > `3` && place != 'lima'"
            case {"claim": "place", "equals": value}:
                return f"place == '{value}'"
            case {"at_least": value}:
                return f"level >= `{value}`"
            case {"equals": value}:
                return f"contains(groups, '{value}')"
            case {"in": [*values]}:
                return " || ".join(f"contains(groups, '{value}')" for value in values)
            case {"below": value} | {"glob": value} | {"matches": value}:
                begin = str(value).partition("*")[0].partition("[")[0]
                return f"groups[?starts_with(@, '{begin}')]"
        raise ValueError(when)

    return said(rule["when"])


def _each(those: "list | tuple", act: Callable[..., object]) -> float:
    """Microseconds for each, the best of three rounds."""
    rounds = []
    for _ in range(3):
        begun = time.perf_counter()
        for one in those:
            act(one)
        rounds.append((time.perf_counter() - begun) / len(those) * 1e6)
    return min(rounds)


def _tell(**figures: float) -> None:
    print(json.dumps(figures))
