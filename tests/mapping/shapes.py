"""Conditions of every kind, and identities of which some hold; for properties."""

from dataclasses import replace

from hypothesis import strategies as st

from providers.identity import ExternalIdentity
from tests.mapping.people import identity

PATHS = ("groups", "level", "unit.name", "hired")
TEXTS = ("/eng", "/eng/web", "/eng/web/lead", "/eng-x", "/ops", "law", "3", "2026-01-15", "a\u200b")
GROUPS = tuple(text for text in TEXTS if text.isprintable())

scalars = st.sampled_from((*GROUPS, 1, 2.0, 3, True, False))
_paths = st.sampled_from(PATHS)


def _claimed(**operator: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({"claim": _paths, **operator})


leaves = st.one_of(
    _claimed(equals=scalars),
    _claimed(**{"in": st.lists(scalars, min_size=1, max_size=3)}),
    _claimed(glob=st.sampled_from(["/eng/*", "/*", "*", "/eng", "/eng/w*b", "/e*", "la*"])),
    _claimed(
        matches=st.sampled_from(
            ["/eng/.*", "/eng(/web)?", "/eng/?", "/eng/web|law", "l.w", "/eng/w+eb", r"/eng\/web"]
        )
    ),
    _claimed(present=st.booleans()),
    _claimed(contains=st.sampled_from(["eng", "/", "a"])),
    _claimed(below=st.sampled_from(["/eng", "/eng/web", "/ops", "law"])),
    _claimed(less=st.integers(1, 3)),
    _claimed(at_least=st.integers(1, 3)),
    _claimed(before=st.just("2026-02-01")),
    st.just({"provider": ["okta"]}),
    st.just({"email_domain": ["corp.example"]}),
    st.sampled_from([{"time": {"from": "2026-01-01"}}, {"time": {"until": "2026-01-01"}}]),
    st.sampled_from(
        [
            "claims.level > 1",
            '"/eng" in claims.groups',
            'claims.groups == "law" || claims.level == 3',
            '"law" in claims.groups && provider == "okta"',
            '!("/eng" in claims.groups)',
            'has(claims.groups) && claims.unit.name == "law"',
            "claims.level == true",
            'claims.groups[0] == "/eng"',
        ]
    ).map(lambda text: {"cel": text}),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        *(
            st.fixed_dictionaries({name: st.lists(inner, min_size=1, max_size=3)})
            for name in ("all", "any", "none")
        ),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
).filter(lambda shape: _depth(shape) <= 8)

_values = st.sampled_from((*TEXTS, 1, 2, 3.0, True, False, None, ""))
_claims = st.fixed_dictionaries(
    {},
    optional={
        "groups": st.lists(_values, max_size=4) | _values | st.just({"/eng": 1, "law": 2}),
        "level": _values | st.lists(_values, max_size=2),
        "unit": st.fixed_dictionaries({"name": _values}),
        "unit.name": _values,
        "hired": st.sampled_from(["2026-01-15", "2026-03-01", 1_700_000_000, "soon"]),
    },
)


@st.composite
def people(draw: st.DrawFn) -> ExternalIdentity:
    person = identity(draw(st.sampled_from(["okta", "keycloak-corp"])), **draw(_claims))
    address = draw(st.sampled_from([None, "a@corp.example", "a@CORP.example", "a@b.example"]))
    return replace(person, email=address, email_verified=draw(st.booleans()))


def _depth(shape: dict[str, object]) -> int:
    inner = next((shape[name] for name in ("all", "any", "none") if name in shape), None)
    parts = inner if isinstance(inner, list) else [shape["not"]] if "not" in shape else []
    return 1 + max((_depth(part) for part in parts), default=0)
