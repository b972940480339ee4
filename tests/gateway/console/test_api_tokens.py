"""API tokens in the console: shown once, and ended by who may."""

import re

import pytest

from gateway.api_tokens.models import ApiToken
from tests.gateway.api.programs import PROVIDERS, Program, token_of
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = pytest.mark.usefixtures("db", "redis_url")
LIST = "/admin/api_tokens/apitoken/"
SAID = {"name": "terraform", "scopes": ["providers:read"], "days": "30"}


def test_it_is_shown_once_and_works() -> None:
    dora = staff()
    client = browser_of(dora)
    page = client.post(f"{LIST}add/", SAID)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    [token] = re.findall(r"ghat_[\w-]{43}", page.content.decode())
    assert Program(token).get(PROVIDERS).status_code == 200
    row = ApiToken.objects.get()
    assert (row.account, row.name, row.scopes) == (dora, "terraform", ["providers:read"])
    for later in (LIST, f"{LIST}{row.pk}/change/", "/admin/"):
        shown = client.get(later)
        assert shown.status_code == 200
        assert token[:12] not in shown.content.decode()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"name": ""}, "This field is required"),
        ({"scopes": []}, "This field is required"),
        ({"scopes": ["everything"]}, "is not one of the available choices"),
        ({"days": "366"}, "less than or equal to 365"),
    ],
)
def test_what_no_token_can_be_is_told_and_none_is_made(said: dict[str, object], told: str) -> None:
    page = browser_of(staff()).post(f"{LIST}add/", SAID | said).content.decode()
    assert told in page
    assert not ApiToken.objects.exists()


def test_a_name_that_a_living_token_has_is_refused_beside_its_field() -> None:
    client = browser_of(staff())
    client.post(f"{LIST}add/", SAID)
    assert "is that of a living token" in client.post(f"{LIST}add/", SAID).content.decode()
    assert ApiToken.objects.count() == 1


def test_revoking_asks_first_and_stops_the_program_at_once() -> None:
    dora = staff()
    program = Program(token_of(dora))
    client = browser_of(dora)
    chosen = {"action": "revoke", "_selected_action": [str(ApiToken.objects.get().pk)]}
    asked = client.post(LIST, chosen).content.decode()
    assert "terraform" in asked
    assert "never used" in asked
    assert program.get(PROVIDERS).status_code == 200
    done = client.post(LIST, {**chosen, "confirmed": "1"}, follow=True).content.decode()
    assert "One token was revoked." in done
    assert "Revoked" in done
    assert program.get(PROVIDERS).status_code == 401


def test_whoever_may_only_look_neither_makes_nor_revokes() -> None:
    dora = staff(permissions="view_apitoken")
    token_of(dora)
    client = browser_of(dora)
    assert client.post(f"{LIST}add/", SAID).status_code == 403
    chosen = {"action": "revoke", "_selected_action": [str(ApiToken.objects.get().pk)]}
    client.post(LIST, {**chosen, "confirmed": "1"})
    row = ApiToken.objects.get()
    assert row.revoked_at is None
    client.post(f"{LIST}{row.pk}/change/", SAID | {"name": "mine"})
    client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    assert ApiToken.objects.get().name == "terraform"
