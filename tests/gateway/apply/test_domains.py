"""Domains in a file: the operator's word, whoever held them before."""

from gateway.flows import domains
from gateway.relying_parties.models import RelyingParty
from providers.models import Provider, ProviderDomain, held_domains
from tests.gateway.apply.conftest import CORP, NOW
from tests.gateway.flows.finding import connected, told

DOMAINS = "domains:\n  - domain: Corp.Example\n    provider: {}\n    required: {}\n"


def leads() -> dict[str, tuple[str, bool]]:
    rows = held_domains(NOW).values_list("domain", "provider__slug", "required")
    return {domain: (slug, required) for domain, slug, required in rows}


def test_a_domain_leads_where_the_file_says_and_a_second_time_nothing_changes(operator):
    file = CORP + DOMAINS.format("corp-oidc", "true")
    assert "+ domain corp.example" in operator.apply(file)
    assert leads() == {"corp.example": ("corp-oidc", True)}
    assert operator.apply(file) == ()
    assert [event for event, _ in told()] == ["provider-domain.stated", "provider-domain.required"]


def test_it_moves_to_another_provider_by_changing_the_file(operator):
    operator.apply(CORP, DOMAINS.format("corp-oidc", "false"))
    connected("next")
    words = operator.apply(DOMAINS.format("next", "false"))
    assert words == ('~ domain corp.example: provider: "corp-oidc" -> "next"',)
    assert leads() == {"corp.example": ("next", False)}


def test_what_was_claimed_becomes_stated_and_the_difference_writes_nothing(operator):
    connected("corp")
    domains.claim("corp", "corp.example", actor="dora", now=NOW)
    file = DOMAINS.format("corp", "false")
    assert operator.check(file) == ("+ domain corp.example",)
    assert leads() == {}
    operator.apply(file)
    assert ProviderDomain.objects.get().stated


def test_what_a_file_does_not_name_stays(operator):
    operator.apply(CORP, DOMAINS.format("corp-oidc", "false"))
    assert operator.apply(CORP) == ()
    assert leads() == {"corp.example": ("corp-oidc", False)}


def test_its_faults_are_told_where_they_stand(operator):
    file = (
        CORP
        + "domains:\n"
        + "  - {domain: gmail.com, provider: corp-oidc}\n"
        + "  - {domain: corp.example, provider: nobody}\n"
        + "  - {domain: twice.example, provider: corp-oidc}\n"
        + "  - {domain: TWICE.example, provider: corp-oidc}\n"
    )
    faults = [fault.split(" ", 1)[1] for fault in operator.faults(file)]
    assert [fault.split(" ")[0] for fault in faults] == [
        "domains.0.domain",
        "domains.1.provider",
        "domains.3.domain",
    ]
    assert not Provider.objects.exists()


def test_an_app_names_its_providers_in_a_file(operator):
    app = CORP.replace("    name: Wiki\n", "    name: Wiki\n    providers: [corp-oidc]\n")
    operator.apply(app)
    assert RelyingParty.objects.get().providers == ["corp-oidc"]
    (fault,) = operator.faults(app.replace("[corp-oidc]", "[corp-oidc, nobody]"))
    assert "relying_parties.0.providers.1 there is no provider 'nobody'" in fault


def test_whoever_holds_a_domain_needs_no_list_to_link_by_address(operator):
    file = CORP.replace("    email_domains: [corp.example]\n", "")
    (fault,) = operator.faults(file)
    assert "email_domains is empty" in fault
    operator.apply(CORP, DOMAINS.format("corp-oidc", "false"))
    assert operator.apply(file)
