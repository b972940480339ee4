import pytest

from provisioning.models import Account
from tests.gateway.flows.reviews.reviewing import may, person


@pytest.fixture(autouse=True)
def eve(transactional_db: None) -> Account:
    eve = person("eve", is_staff=True, email="eve@corp.example")
    may(eve, "view_review", "decide_review")
    return eve
