"""Strategies: people of all kinds of claims, and conditions of every kind over these."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from mapping.conditions import Condition, Finding
from mapping.evidence import Evidence
from mapping.parsing import parse
from mapping.population import Person
from mapping.rules import Rule
from mapping.ruleset import RuleSet
from providers.identity import ClaimSet
from tests.mapping.people import identity

PATHS = ["groups", "level", "realm.roles", "hired", "a.b", "realm"]
ROLES = ["owner", "editor", "reader", "payroll", "staff"]
PROVIDERS = ["okta", "entra"]
TEXTS = ["/eng", "/eng/platform", "/eng/platform/lead", "/engine", "/fin", "eng", "1", "true", ""]
TIMES = ["2026-01-01", "2026-03-02", "2027-01-01T10:00:00Z", "20260101000000Z"]
ODD = ["\u202e/eng", "x" * 1001, float("nan"), float("inf"), {"in": "it"}, [["deep"]], None, True]
EMAILS = ["a@corp.example", "a@CORP.example", "a@other.example", "a@b@c", "\u200b@corp.example", ""]

scalars = st.one_of(
    st.sampled_from(TEXTS), st.sampled_from(TIMES), st.sampled_from([0, 1, 1.0, 2.5, 1767225600])
)
values = st.one_of(
    scalars, st.lists(scalars, max_size=4), st.sampled_from(ODD), st.lists(st.sampled_from(ODD))
)
claims = st.fixed_dictionaries(
    {},
    optional={
        "groups": st.lists(st.sampled_from(TEXTS), max_size=4) | values,
        "level": values,
        "hired": st.sampled_from(TIMES) | values,
        "a.b": values,
        "a": st.fixed_dictionaries({}, optional={"b": values}) | values,
        "realm": st.fixed_dictionaries({}, optional={"roles": values, "x.y": values}) | values,
        "exp": values,
    },
)
identities = st.builds(
    lambda provider, claims, email, verified: replace(
        identity(provider=provider), claims=ClaimSet(claims), email=email, email_verified=verified
    ),
    st.sampled_from(PROVIDERS),
    claims,
    st.sampled_from(EMAILS) | st.none(),
    st.booleans(),
)
people = st.lists(st.tuples(st.sampled_from("abcdefgh"), identities), max_size=12).map(
    lambda drawn: [
        Person(linked=at * 7, account=account, identity=who)
        for at, (account, who) in enumerate(drawn)
    ]
)

_paths = st.sampled_from([*PATHS, "exp", "nobody.has.this"])


def _compared(**operators: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(
        st.builds(lambda path, value, name=name: {"claim": path, name: value}, _paths, drawn)
        for name, drawn in operators.items()
    )


_texts = st.sampled_from([text for text in TEXTS if text])
_leaves = st.one_of(
    _compared(
        equals=_texts | st.sampled_from([0, 1, 2.5, True, False]),
        **{"in": st.lists(_texts | st.sampled_from([1, True]), min_size=1, max_size=3)},
        glob=st.sampled_from(["/eng*", "/eng/*", "*/platform", "/eng/*/lead", "eng", "*"]),
        matches=st.sampled_from(["/eng.*", ".*lead|eng", "[0-9]+", "/fin"]),
        contains=_texts,
        below=st.sampled_from(["/eng", "/eng/platform", "/fin"]),
        present=st.booleans(),
        less=st.sampled_from([1, 2]),
        at_most=st.sampled_from([1, 2]),
        more=st.sampled_from([0, 1]),
        at_least=st.sampled_from([0, 1]),
        before=st.sampled_from(TIMES[:2]),
        after=st.sampled_from(TIMES[:2]),
    ),
    st.sampled_from(
        [
            {"provider": ["okta"]},
            {"provider": ["okta", "entra"]},
            {"provider": ["elsewhere"]},
            {"email_domain": ["corp.example"]},
            {"time": {"from": "2026-01-01"}},
            {"time": {"until": "2026-01-01"}},
            {"cel": 'claims.groups.exists(g, g == "/eng")'},
            {"cel": "claims.level > 1"},
            {"cel": 'provider == "okta" && email_verified'},
        ]
    ),
)
shapes = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(
            lambda name, parts: {name: parts},
            st.sampled_from(["all", "any", "none"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange:
    """A kind of condition that nobody has thought of yet. Some people it cannot bear."""

    claim: str

    def check(self, evidence: Evidence) -> Finding:
        told = len(evidence.values(self.claim))
        if told > 1:
            raise ArithmeticError
        return Finding(held=(False, True)[told], because=("strange",))

    def plain(self) -> dict[str, object]:
        return {"strange": self.claim}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


def _with_strange(shape: dict[str, object], at: int) -> Condition:
    condition = parse(shape)
    return condition if at else _put(condition)


def _put(condition: Condition) -> Condition:
    """The condition with a strange one in place of its last part."""
    parts = getattr(condition, "conditions", None)
    if parts:
        return replace(condition, conditions=(*parts[:-1], _put(parts[-1])))
    inner = getattr(condition, "condition", None)
    return replace(condition, condition=_put(inner)) if inner else Strange(claim="groups")  # type: ignore[return-value]


conditions = st.builds(_with_strange, shapes, st.integers(0, 5))
_roles = st.lists(st.sampled_from(ROLES), max_size=2, unique=True).map(tuple)
rules = st.builds(
    lambda when, roles, denies, provider: Rule(
        id="r", when=when, roles=roles or ("reader",), denies=denies, provider=provider
    ),
    conditions,
    _roles,
    st.just(()) | _roles,
    st.sampled_from([None, None, "okta", "entra", "elsewhere"]),
)
rule_sets = st.builds(
    lambda drawn, exclusive, defaults: RuleSet(
        version=1,
        rules=tuple(replace(rule, id=f"r{at}") for at, rule in enumerate(drawn)),
        exclusive=exclusive,
        defaults=defaults,
    ),
    st.lists(rules, max_size=5),
    st.sampled_from([(), (("owner", "editor", "reader"),), (("staff", "payroll"),)]),
    st.sampled_from([(), (("okta", "reader"),), (("entra", "payroll"), ("okta", "owner"))]),
)
