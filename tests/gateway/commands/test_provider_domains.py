"""`manage.py providers domains`: what an operator sees and does."""

import pytest
from django.core.management import CommandError, call_command

from providers.domain_proof import record_text
from providers.models import ProviderDomain
from tests.gateway.flows.finding import connected, dns, publish

__all__ = ["dns"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def said(capsys, dns):
    connected("corp")

    def run(*words: str) -> str:
        call_command("providers", "domains", "corp", *words)
        return capsys.readouterr().out.rstrip("\n")

    return run


def test_from_the_claim_to_the_proof(said, dns):
    assert said() == "No domain leads to corp."
    record = said("--claim", "Corp.Example").splitlines()[1].strip()
    row = ProviderDomain.objects.get()
    assert record == f'_gatehouse.corp.example. TXT "{record_text(row.token)}"'
    assert said("--check", "corp.example").splitlines() == [
        "corp.example: claimed, not proven",
        f"  {record}",
        "  the last look: there is no such name in DNS",
    ]
    publish(dns, row)
    assert said("--check", "CORP.example") == "corp.example: proven"
    dns.texts.clear()
    assert "its proof is gone; counts until 20" in said("--check", "corp.example")


def test_the_operator_s_word_and_what_follows_from_it(said):
    assert said("--state", "bücher.example") == ("bücher.example (xn--bcher-kva.example): stated")
    assert said("--require", "bücher.example").endswith("stated, required")
    assert said().endswith("stated, required")
    assert said("--free", "bücher.example").endswith("stated")
    assert said("--release", "bücher.example").endswith("let go")
    assert not ProviderDomain.objects.exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--claim", "gmail.com"), "gmail.com is where anybody may have an address"),
        (("--state", "corp"), "corp is no domain of its own"),
        (("--check", "other.example"), "other.example is no domain of corp"),
        (("--require", "a b"), "a b is no domain"),
    ],
)
def test_what_is_refused_says_why(said, words, problem):
    with pytest.raises(CommandError, match=f"Nothing was changed. {problem}"):
        said(*words)


def test_a_provider_that_is_not_there(dns):
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("providers", "domains", "nobody", "--claim", "corp.example")
