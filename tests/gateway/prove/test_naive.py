"""Whatever an app believes too much, it is caught at."""

import pytest

from tests.gateway.prove.apps import NAIVE, caught, page, proven, running

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("lie", NAIVE)
def test_an_app_that_believes_this_is_caught_at_it(lie: str) -> None:
    with running(page(NAIVE[lie])) as house:
        proof = proven(house)
    assert lie in caught(proof)
    assert proof.status == 1
    why = next(each.why for each in proof.tried if each.name == lie)
    assert why == "the made-up name came back, with status 200"


@pytest.mark.parametrize("lie", NAIVE)
def test_also_where_it_greets_nobody(lie: str) -> None:
    with running(page(NAIVE[lie], greets=False)) as house:
        proof = proven(house)
    assert lie in caught(proof)


@pytest.mark.parametrize("lie", NAIVE)
def test_also_on_a_page_that_is_open_to_everybody(lie: str) -> None:
    with running(page(NAIVE[lie], refuses="200 OK")) as house:
        proof = proven(house)
    assert lie in caught(proof)
