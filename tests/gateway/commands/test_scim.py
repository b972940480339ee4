"""`manage.py scim`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from provisioning.scim.models import ScimConnection, ScimToken
from tests.gateway.api.programs import corp
from tests.gateway.scim.pushing import Pusher

pytestmark = pytest.mark.usefixtures("db", "redis_url")
CONNECT = ("connect", "okta", "--provider", "corp", "--name", "Okta")


def run(*words: str) -> str:
    out = StringIO()
    call_command("scim", *words, stdout=out)
    return out.getvalue().strip()


def test_a_connection_is_made_its_token_printed_once_works_and_is_revoked() -> None:
    corp()
    assert run(*CONNECT) == "http://gateway.corp.localhost:8000/scim/v2/okta"
    token = run("token", "okta", "--days", "30")
    okta = Pusher(ScimConnection.objects.get(), token)
    okta.user()
    listed = run("list")
    assert listed.splitlines()[0] == "okta\tcorp\tOkta\t1 people"
    assert token not in listed
    number = str(ScimToken.objects.get().pk)
    assert run("revoke", number) == "Revoked."
    assert okta.get("/Users").status_code == 401
    assert "ended" in run("list")
    assert run("revoke", number) == "It was revoked already."


def test_what_goes_is_said_before_a_connection_is_disconnected() -> None:
    corp()
    run(*CONNECT)
    okta = Pusher(ScimConnection.objects.get(), run("token", "okta"))
    okta.user()
    said = run("disconnect", "okta")
    assert said.startswith("okta tells of 1 people and 0 groups; 0 people lose no role, 1 tokens")
    with pytest.raises(CommandError, match="nothing was changed"):
        run("disconnect", "okta", "--confirm", "entra")
    assert okta.get("/Users").status_code == 200
    assert "forgotten" in run("disconnect", "okta", "--confirm", "okta")
    assert okta.get("/Users").status_code == 401
    assert run("list") == ""


@pytest.mark.parametrize(
    "words",
    [
        CONNECT,
        ("token", "nobody"),
        ("token", "okta", "--days", "0"),
        ("revoke", "7"),
        ("disconnect", "nobody"),
    ],
    ids=["there-already", "unknown", "no-days", "no-token", "no-connection"],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(words: tuple[str, ...]) -> None:
    corp()
    run(*CONNECT)
    with pytest.raises(CommandError, match="Nothing was changed"):
        run(*words)
    assert not ScimToken.objects.exists()
