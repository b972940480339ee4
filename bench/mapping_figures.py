"""The measurements of `bench.mapping`, each run in a new process; the last line is its figures."""

import json
import random
import resource
import time
from collections.abc import Callable

import jmespath

from bench.people import NOW, TEAMS, claims, rules
from gateway.flows.mapping.previewing import blast_radius, count
from gateway.flows.mapping.trying import replay
from mapping import models as mapping_models
from mapping.evidence import Evidence
from mapping.index import asked
from mapping.ruleset import RuleSet
from providers.identity import ClaimSet, ExternalIdentity, Subject
from provisioning.models import LastIdentity

RULES = 1_000
GROUPS = 500
MANY = 200  # people decided upon
FEW = 20  # where it takes long


def decide() -> None:
    ruleset = RuleSet.parse(1, rules(RULES))
    dice = random.Random(3)
    people = [_person(number, dice) for number in range(MANY)]
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
    count(when, provider=None, now=NOW)  # everybody is known from now on
    typed = _each(TEAMS[:MANY], lambda team: count({**when, "below": team}, provider=None, now=NOW))
    _tell(
        preview_100k_s=took,
        preview_mb=peak,
        count_ms=typed / 1000,
        losing=seen.losing,
        gaining=seen.gaining,
        unknown=seen.unknown,
    )


def explain() -> None:
    """One person's roles under both versions, rule by rule with reasons."""
    content = _changed()
    rows = LastIdentity.objects.order_by("pk").values_list("linked_identity__account_id", flat=True)
    accounts = [str(account) for account in rows[:MANY]]
    replay(accounts[0], content, now=NOW)
    _tell(explain_ms=_each(accounts, lambda one: replay(one, content, now=NOW)) / 1000)


def _changed() -> dict[str, object]:
    """Every twentieth rule gives another role."""
    content = mapping_models.active().plain()
    written = content["rules"]
    assert isinstance(written, list)
    for at, rule in enumerate(written):
        if at % 20 == 0:
            rule["roles"] = ["role-199"]
    return content


def _person(number: int, dice: random.Random) -> ExternalIdentity:
    return ExternalIdentity(
        provider="corp-emea",
        subject=Subject(issuer="https://corp-emea.example", value=str(number)),
        claims=ClaimSet(claims(number, dice, GROUPS)),
        username="",
        name="",
        email=f"person-{number:06}@corp.example",
        email_verified=True,
        authenticated_at=NOW,
        acr=None,
        amr=(),
        upstream_session=None,
        upstream_names=(),
    )


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
