"""What `apply --check` says of rules that would change: whom it touches, in numbers and roles."""

import pytest

from mapping.models import RuleSetVersion
from tests.gateway.apply.conftest import CORP
from tests.gateway.flows.mapping.crowd import vouched


@pytest.fixture
def people(db):
    for name, group in (("ann", "/engineering/web"), ("bob", "/engineering/ops")):
        vouched(name, group, provider="corp-oidc")
    vouched("cem", "/sales", provider="corp-oidc")


def told(words):
    return [line.strip() for line in words if line.startswith("    ")]


@pytest.mark.usefixtures("people")
def test_a_check_says_how_many_gain_and_lose_each_role_and_nobody_by_name(operator):
    operator.apply(CORP)
    before = RuleSetVersion.objects.count()
    fewer = CORP.replace("/engineering/*", "/engineering/ops")
    words = operator.check(CORP.replace("/engineering/*", "/sales"))
    assert told(words) == [
        "of 3 people 2 lose and 1 gain a role; of 0 no provider's word is kept",
        "role deployer: 2 -> 1 person (2 lose it, 1 gain it)",
        "app wiki /deploy: 2 locked out, 1 let in",
        "warning: nobody has gatehouse-admin",
    ]
    assert operator.check(fewer) == operator.check(fewer)
    assert not any(name in line for line in words for name in ("ann", "bob", "cem"))
    assert RuleSetVersion.objects.count() == before


@pytest.mark.usefixtures("people")
def test_a_check_warns_of_rules_that_hold_of_nobody(operator):
    operator.apply(CORP)
    words = told(operator.check(CORP.replace("/engineering/*", "/nowhere")))
    assert "warning: rule deployers holds of nobody" in words
    assert "warning: nobody has deployer" in words


@pytest.mark.usefixtures("people")
def test_a_check_of_other_things_says_nothing_of_people(operator):
    operator.apply(CORP)
    assert told(operator.check(CORP.replace("name: Wiki", "name: The wiki"))) == []
    assert operator.check(CORP) == ()
