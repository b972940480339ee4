"""`manage.py api-tokens`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from gateway.api_tokens.models import ApiToken
from tests.gateway.api.programs import PROVIDERS, Program
from tests.gateway.pages.signed_in import account, staff

pytestmark = pytest.mark.usefixtures("db", "redis_url")


def run(*words: str) -> str:
    out = StringIO()
    call_command("api-tokens", *words, stdout=out)
    return out.getvalue().strip()


CREATE = ("create", "dora", "--name", "terraform", "--scope", "providers:read")


def test_a_token_is_printed_once_works_and_is_revoked() -> None:
    staff("dora")
    token = run(*CREATE)
    assert Program(token).get(PROVIDERS).status_code == 200
    listed = run("list")
    assert listed.split("\t")[1:4] == ["dora", "terraform", "providers:read"]
    assert token not in listed
    number = str(ApiToken.objects.get().pk)
    assert run("revoke", number) == "Revoked."
    assert Program(token).get(PROVIDERS).status_code == 401
    assert "ended" in run("list")
    assert run("revoke", number) == "It was revoked already."


@pytest.mark.parametrize(
    "words",
    [
        ("create", "nobody", *CREATE[2:]),
        ("create", "ada", *CREATE[2:]),
        (*CREATE, "--days", "366"),
        ("revoke", "77"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is(words: tuple[str, ...]) -> None:
    staff("dora")
    account("ada")
    with pytest.raises(CommandError):
        run(*words)
    assert not ApiToken.objects.exists()
