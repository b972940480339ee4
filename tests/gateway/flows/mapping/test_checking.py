"""What every content must pass before anybody drafts or publishes it."""

import pytest

from gateway.flows.mapping.checking import checked
from mapping.errors import RuleInvalid
from tests.gateway.flows.mapping.drafters import content, roles_of_the_company, rule

pytestmark = pytest.mark.django_db


def _asking(name: str, expression: str) -> dict[str, object]:
    return rule(name) | {"when": {"any": [{"not": {"cel": expression}}]}}


def test_expressions_that_together_would_keep_a_sign_in_waiting_are_refused() -> None:
    roles_of_the_company()
    cheap = [_asking(f"r{at}", f'"/team-{at}" in claims.groups') for at in range(200)]
    assert len(checked(content(*cheap), 1).rules) == 200
    dear = [
        _asking(f"d{at}", f'claims.groups.exists(g, g.matches("/[a-z]*{at}"))') for at in range(50)
    ]
    with pytest.raises(RuleInvalid, match="the dearest of all expressions") as refused:
        checked(content(cheap[0], *dear), 1)
    assert refused.value.field == "rules.1.when"
