"""`manage.py service-accounts`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from gateway.api_tokens.models import ApiToken
from provisioning.models import Account, ServiceAccount
from tests.gateway.api.programs import PROVIDERS, Program
from tests.gateway.flows.services import give, wiki
from tests.gateway.pages.signed_in import account, staff

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_url"),
]
CREATE = ("create", "importer", "--name", "Nightly import", "--owner", "dora")
TOKEN = ("token", "importer", "--name", "night")


def run(*words: str) -> str:
    out = StringIO()
    call_command("service-accounts", *words, stdout=out)
    return out.getvalue().strip()


def test_from_making_one_to_closing_it() -> None:
    staff("dora")
    wiki()
    run(*CREATE)
    importer = Account.objects.get(username="importer")
    give(str(importer.pk), "gatehouse-admin")  # which may see providers, and opens no console to it
    text = run(*TOKEN, "--scope", "providers:read", "--app", "wiki")
    assert Program(text).get(PROVIDERS).status_code == 200
    assert Program(text).send("POST", PROVIDERS, {}).json()["code"] == "token.scope-missing"
    me = Program(text).get("/api/v1/me")
    assert (me.status_code, me.json()["code"]) == (403, "token.no-person")
    account("ben")
    run("hand-over", "importer", "--owner", "ben", "--contact", "data")
    listed = run("list").split("\t")
    assert listed == ["importer", "Nightly import", "open", "ben", "data", "night"]
    assert text not in run("list")
    run("close", "importer")
    assert Program(text).get(PROVIDERS).status_code == 401
    assert run("list").split("\t")[2] == "closed"


def test_a_token_for_apps_alone_opens_nothing_of_the_api() -> None:
    staff("dora")
    wiki()
    run(*CREATE)
    give(str(Account.objects.get(username="importer").pk), "gatehouse-admin")
    text = run(*TOKEN, "--app", "wiki")
    answer = Program(text).get(PROVIDERS)
    assert (answer.status_code, answer.json()["code"]) == (403, "token.scope-missing")


def test_without_a_role_that_may_its_scope_opens_nothing() -> None:
    staff("dora")
    run(*CREATE)
    text = run(*TOKEN, "--scope", "providers:read")
    answer = Program(text).get(PROVIDERS)
    assert (answer.status_code, answer.json()["code"]) == (403, "access.not-permitted")


@pytest.mark.parametrize(
    "words",
    [
        ("create", "Importer", *CREATE[2:]),
        (*CREATE[:4], "--owner", "nobody"),
        (*TOKEN, "--app", "wiki"),
        ("close", "dora"),
        ("hand-over", "dora", "--owner", "dora"),
    ],
    ids=["upper-case", "no-owner", "no-account", "a-person", "a-persons"],
)
def test_what_cannot_be_done_is_told_and_nothing_is(words: tuple[str, ...]) -> None:
    staff("dora")
    wiki()
    with pytest.raises(CommandError):
        run(*words)
    assert not ServiceAccount.objects.exists()
    assert not ApiToken.objects.exists()
    assert Account.objects.get(username="dora").is_active
