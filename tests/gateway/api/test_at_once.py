"""Two programs at the very same moment."""

from collections.abc import Callable
from typing import Any

import pytest

from providers.models import Provider
from tests.gateway.api.programs import CORP, PROVIDERS, Program, corp, token_of
from tests.gateway.audit.test_together import in_threads
from tests.gateway.pages.signed_in import staff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


def at_once(ask: Callable[[Program, str], Any]) -> list[int]:
    """The statuses of both, sorted."""
    token = token_of(staff())
    names = ("First", "Second")
    return sorted(in_threads(lambda at: ask(Program(token), names[at]).status_code, 2))


def test_of_two_who_read_the_same_state_one_changes_it() -> None:
    corp()
    etag = Program(token_of(staff("ben"), name="reader")).get(f"{PROVIDERS}/corp")["ETag"]
    assert at_once(
        lambda asked, name: asked.send("PATCH", f"{PROVIDERS}/corp", {"name": name}, If_Match=etag)
    ) == [200, 412]


def test_of_two_who_make_one_of_the_same_slug_one_does() -> None:
    assert at_once(lambda asked, name: asked.send("POST", PROVIDERS, CORP | {"name": name})) == [
        201,
        409,
    ]
    assert Provider.objects.count() == 1
