"""What holds of an identity beside its claims; and reasons that keep a value back."""

from datetime import UTC, datetime, timedelta

import pytest

from mapping.evidence import KEPT_BACK, Evidence
from mapping.finding import Finding
from mapping.parsing import parse
from tests.mapping.people import NOW, identity, mailed

CORP = {"email_domain": ["corp.example", "sub.corp.example"]}


def at(moment: datetime, window: dict[str, str]) -> bool | None:
    return parse({"time": window}).check(Evidence(identity(), moment)).held


def test_a_provider_is_one_of_those_named():
    here = Evidence(identity(provider="okta-emea"), NOW)
    assert parse({"provider": ["keycloak", "okta-emea"]}).check(here) == Finding(
        held=True, because=("the provider is okta-emea",)
    )
    assert parse({"provider": ["okta"]}).check(here).held is False
    assert parse({"not": {"provider": ["okta"]}}).check(here).held is True


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ada@corp.example", True),
        ("ada@CORP.example", True),
        ("ada@sub.corp.example", True),
        ("ada@other.corp.example", False),
        ("ada@notcorp.example", False),
        ("ada@corp.example.evil.example", False),
        ("ada@c\u043erp.example", False),  # Cyrillic
        ("ada@evil.example@corp.example", None),
        ('"a@evil.example"@corp.example', None),
        ("ada@corp.example\u200b", None),
        ("ada", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_at_a_domain_and_not_below_or_beside_it(address, expected):
    assert parse(CORP).check(Evidence(mailed(address), NOW)).held is expected


def test_an_address_that_nobody_verified_says_nothing_either_way_round():
    evidence = Evidence(mailed("ada@corp.example", verified=False), NOW)
    assert parse(CORP).check(evidence) == Finding(held=None, because=("email is not verified",))
    assert parse({"not": CORP}).check(evidence).held is None
    assert parse({"none": [CORP]}).check(evidence).held is None


def test_an_address_at_an_international_domain_is_known_in_both_spellings():
    shape = {"email_domain": ["b\u00fccher.example"]}
    assert parse(shape).plain() == {"email_domain": ["xn--bcher-kva.example"]}
    assert parse(shape).check(Evidence(mailed("a@xn--bcher-kva.example"), NOW)).held is True
    assert parse(shape).check(Evidence(mailed("a@b\u00fccher.example"), NOW)).held is True


def test_a_window_takes_in_its_first_day_and_its_last():
    window = {"from": "2026-03-01", "until": "2026-03-31"}
    first, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    assert at(first - tick, window) is False
    assert at(first, window) is True
    assert at(end - tick, window) is True
    assert at(end, window) is False
    assert at(end, {"from": "2026-03-01"}) is True
    assert at(first - tick, {"until": "2026-03-31"}) is True


def test_a_window_says_when_it_begins_and_ends():
    evidence = Evidence(identity(), NOW)
    for window, reason in (
        ({"from": "2026-03-03"}, "begins with 2026-03-03"),
        ({"until": "2026-03-01"}, "ended with 2026-03-01"),
        ({"from": "2026-03-01", "until": "2026-03-31"}, "since 2026-03-01 until 2026-03-31"),
        ({"until": "2026-03-02T12:00:00Z"}, "until 2026-03-02T12:00:00Z"),
    ):
        assert parse({"time": window}).check(evidence).because == (reason,)


A, B = {"claim": "a", "equals": 1}, {"claim": "b", "equals": 1}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (0, 0, True),
        (0, 1, False),
        (1, None, False),
        (0, None, None),
        (None, None, None),
    ],
)
def test_none_of_them_holds_only_if_each_is_known_to_fail(a, b, expected):
    assert parse({"none": [A, B]}).check(Evidence(identity(a=a, b=b), NOW)).held is expected


def test_none_says_what_was_unwanted():
    assert parse({"none": [A, B]}).check(Evidence(identity(a=1, b=0), NOW)).because == (
        "unwanted: a: 1",
    )


SECRET = "kept-quiet"
KINDS = [
    {"equals": SECRET},
    {"in": [SECRET, "x"]},
    {"glob": "kept-*"},
    {"matches": "kept-.*"},
    {"contains": "quiet"},
    {"below": SECRET},
    {"equals": "x"},
    {"before": "2026-01-01"},
    {"less": 3},
    {"present": True},
]


@pytest.mark.parametrize("path", ["salary", "person.salary"])
@pytest.mark.parametrize("operator", KINDS, ids=lambda o: f"{o}")
def test_a_reason_names_a_hidden_path_and_keeps_its_value_back(operator, path):
    hidden = frozenset({path.partition(".")[0]})
    claims = {"salary": SECRET, "person": {"salary": SECRET}}
    condition = parse({"claim": path, **operator})
    told = condition.check(Evidence(identity(**claims), NOW, hidden=hidden))
    open_ = condition.check(Evidence(identity(**claims), NOW))
    assert told.held is open_.held
    assert all(path in reason for reason in told.because)
    assert f'{path}: "{SECRET}"' not in told.because
    assert f"{SECRET} " not in " ".join(told.because)
    if open_.because == (f'{path}: "{SECRET}"',):
        assert told.because == (f"{path}: {KEPT_BACK}",)


def test_a_path_beside_a_hidden_one_is_told():
    evidence = Evidence(identity(salary=1, salary_band=2), NOW, hidden=frozenset({"salary"}))
    assert parse({"claim": "salary_band", "equals": 2}).check(evidence).because == (
        "salary_band: 2",
    )


def test_a_hidden_text_that_cannot_be_read_or_is_no_moment_is_kept_back_too():
    for value, operator in (("x\u200b", {"equals": "x"}), ("soon", {"before": "2026-01-01"})):
        evidence = Evidence(identity(c=value), NOW, hidden=frozenset({"c"}))
        (reason,) = parse({"claim": "c", **operator}).check(evidence).because
        assert KEPT_BACK in reason


def test_a_hidden_address_is_kept_back():
    evidence = Evidence(mailed("ada@corp.example"), NOW, hidden=frozenset({"email"}))
    assert parse(CORP).check(evidence).because == (f"email: {KEPT_BACK}",)


def test_each_condition_names_the_paths_it_reads():
    shape = {
        "all": [
            {"claim": "groups", "below": "/a"},
            {
                "any": [
                    {"claim": "b.c", "less": 3},
                    {"none": [{"claim": "d", "after": "2026-01-01"}]},
                ]
            },
            {"not": {"email_domain": ["corp.example"]}},
            {"provider": ["okta"]},
            {"time": {"from": "2026-01-01"}},
            {"cel": 'claims.e.f > 1 || "g" in claims'},
        ]
    }
    assert parse(shape).paths() == {"groups", "b.c", "d", "email", "e.f", "g"}
