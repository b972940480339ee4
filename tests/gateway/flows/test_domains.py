"""A domain leads to the provider that proved it, as long as the proof stands."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.flows import domains
from gateway.relying_parties.definition import DefinitionInvalid
from providers.domain_proof import record_name
from providers.errors import ProviderUnknown
from providers.models import Provider, ProviderDomain, held_domains
from provisioning.policy import LinkPolicy
from tests.fakes.dns_server import DnsServer
from tests.gateway.flows.finding import connected, dns, publish, told

__all__ = ["dns"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CORP = {"provider": "corp", "domain": "corp.example"}


@pytest.fixture
def corp(dns: DnsServer) -> Provider:
    return connected("corp")


def claim(slug: str = "corp", domain: str = "corp.example", now: datetime = NOW) -> ProviderDomain:
    return domains.claim(slug, domain, actor="dora", now=now)


def check(row: ProviderDomain, now: datetime = NOW) -> ProviderDomain:
    return domains.check(row, actor="dora", now=now)


def leads(now: datetime = NOW) -> dict[str, str]:
    return dict(held_domains(now).values_list("domain", "provider__slug"))


def proven(dns: DnsServer) -> ProviderDomain:
    row = claim()
    publish(dns, row)
    return check(row)


def test_a_claim_alone_leads_nowhere_and_its_proof_leads_here(
    corp: Provider, dns: DnsServer
) -> None:
    row = claim(domain="Corp.Example.")
    assert check(row).problem == "there is no such name in DNS"
    assert leads() == {}
    publish(dns, row)
    assert check(row).problem == ""
    assert leads() == {"corp.example": "corp"}
    assert told() == [("provider-domain.claimed", CORP), ("provider-domain.proven", CORP)]


def test_claiming_again_is_the_same_record_to_copy(corp: Provider) -> None:
    first = claim()
    assert (claim(now=NOW + DAY).token, len(told())) == (first.token, 1)


def test_each_claim_has_a_token_of_its_own(corp: Provider, dns: DnsServer) -> None:
    connected("other")
    rows = [claim(), claim("other"), claim(domain="sub.corp.example")]
    assert len({row.token for row in rows}) == 3
    publish(dns, rows[0])
    assert not check(rows[1]).held
    assert not check(rows[2]).held
    assert leads() == {}


def test_a_claim_without_proof_keeps_nobody_away(corp: Provider, dns: DnsServer) -> None:
    connected("squatter")
    claim("squatter")
    proven(dns)
    assert leads() == {"corp.example": "corp"}


@pytest.mark.parametrize("how", ["claim", "state"])
def test_a_domain_of_another_is_refused_and_says_whose_it_is(
    corp: Provider, dns: DnsServer, how: str
) -> None:
    other = connected("other")
    proven(dns)
    taken = {
        "claim": lambda: claim("other"),
        "state": lambda: domains.state(other, "corp.example", actor="operator", now=NOW),
    }
    with pytest.raises(DefinitionInvalid, match="domain belongs to corp already"):
        taken[how]()
    assert [row.provider.slug for row in ProviderDomain.objects.all()] == ["corp"]


def test_whoever_proves_second_is_told_and_gets_nothing(corp: Provider, dns: DnsServer) -> None:
    connected("other")
    late = claim("other")
    publish(dns, late)
    proven(dns)
    assert check(late).problem == "belongs to corp already; it must let it go first"
    assert leads() == {"corp.example": "corp"}
    domains.release(ProviderDomain.objects.get(provider=corp), actor="dora", now=NOW)
    check(late)
    assert leads() == {"corp.example": "other"}
    assert [event for event, _ in told()] == [
        "provider-domain.claimed",
        "provider-domain.claimed",
        "provider-domain.proven",
        "provider-domain.released",
        "provider-domain.proven",
    ]


def test_the_database_holds_a_domain_once_whoever_writes(corp: Provider, dns: DnsServer) -> None:
    other = connected("other")
    proven(dns)
    row = ProviderDomain(provider=other, domain="corp.example", claimed_at=NOW, held=True)
    with pytest.raises(DefinitionInvalid, match="another provider"):
        domains._save_held(row)


@pytest.mark.parametrize("domain", ["gmail.com", "co.uk", "example", "ada@corp.example", "", "*"])
def test_what_can_be_nobody_s_is_refused(corp: Provider, domain: str) -> None:
    for provider_has in (claim, lambda domain: domains.state(corp, domain, actor="o", now=NOW)):
        with pytest.raises(DefinitionInvalid):
            provider_has(domain=domain)
    assert not ProviderDomain.objects.exists()


def test_for_no_provider_nothing_is_claimed(dns: DnsServer) -> None:
    with pytest.raises(ProviderUnknown):
        claim("nobody")


def test_what_the_operator_says_needs_no_proof_and_is_not_looked_for(
    corp: Provider, dns: DnsServer
) -> None:
    row = domains.state(corp, "corp.example", actor="operator", now=NOW)
    assert leads(NOW + 400 * DAY) == {"corp.example": "corp"}
    check(row)
    assert domains.check_due(now=NOW + DAY) == 0
    assert dns.asked == []
    domains.state(corp, "corp.example", actor="operator", now=NOW)
    assert told() == [("provider-domain.stated", CORP)]


def test_a_proof_that_vanishes_is_told_and_counts_for_a_week(
    corp: Provider, dns: DnsServer
) -> None:
    proven(dns)
    dns.texts.clear()
    gone = NOW + DAY
    assert domains.check_due(now=gone) == 1
    assert told()[-1] == ("provider-domain.missing", CORP | {"until": "2026-03-10 09:00 UTC"})
    assert leads(gone + 7 * DAY - HOUR) == {"corp.example": "corp"}
    assert leads(gone + 7 * DAY) == {}  # though nobody looked meanwhile
    for hours in range(1, 24 * 7 + 2):
        domains.check_due(now=gone + hours * HOUR)
    assert [event for event, _ in told()] == [
        "provider-domain.claimed",
        "provider-domain.proven",
        "provider-domain.missing",
        "provider-domain.lapsed",
    ]
    assert not ProviderDomain.objects.get().held


def test_a_proof_that_comes_back_counts_as_before(corp: Provider, dns: DnsServer) -> None:
    row = proven(dns)
    kept, dns.texts = dns.texts, {}
    domains.check_due(now=NOW + DAY)
    dns.texts = kept
    assert check(row, NOW + 2 * DAY).missing_since is None
    assert leads(NOW + 20 * DAY) == {"corp.example": "corp"}


def test_a_lapsed_domain_is_free_for_whoever_proves_it(corp: Provider, dns: DnsServer) -> None:
    connected("other")
    late = claim("other")
    proven(dns)
    dns.texts.clear()
    check(ProviderDomain.objects.get(provider=corp), NOW + DAY)
    publish(dns, late)
    assert not check(late, NOW + 7 * DAY).held
    assert check(late, NOW + 8 * DAY).held
    assert leads(NOW + 8 * DAY) == {"corp.example": "other"}
    assert [event for event, _ in told()][-2:] == [
        "provider-domain.lapsed",
        "provider-domain.proven",
    ]


def test_a_silent_dns_takes_nothing_away_for_a_month(corp: Provider, dns: DnsServer) -> None:
    proven(dns)
    dns.broken = True
    for days in range(1, 30):
        domains.check_due(now=NOW + days * DAY)
    assert leads(NOW + 29 * DAY) == {"corp.example": "corp"}
    domains.check_due(now=NOW + 30 * DAY)
    assert [event for event, _ in told()] == [
        "provider-domain.claimed",
        "provider-domain.proven",
        "provider-domain.lapsed",
    ]


def test_a_claim_is_looked_for_every_hour_for_two_weeks_and_then_on_demand(
    corp: Provider, dns: DnsServer
) -> None:
    row = claim()
    assert domains.check_due(now=NOW + HOUR - timedelta(seconds=1)) == 0
    assert domains.check_due(now=NOW + HOUR) == 1
    assert domains.check_due(now=NOW + 15 * DAY) == 1
    assert domains.check_due(now=NOW + 30 * DAY) == 0
    publish(dns, row)
    assert check(row, NOW + 30 * DAY).held


def test_requiring_is_put_on_record_once(corp: Provider, dns: DnsServer) -> None:
    row = proven(dns)
    for required in (True, True, False):
        domains.require(row, required=required, actor="dora", now=NOW)
    assert told()[2:] == [
        ("provider-domain.required", CORP | {"required": True}),
        ("provider-domain.required", CORP | {"required": False}),
    ]


def test_what_was_let_go_meanwhile_is_let_be(corp: Provider, dns: DnsServer) -> None:
    row = claim()
    domains.release(row, actor="dora", now=NOW)
    domains.release(row, actor="dora", now=NOW)
    domains.require(row, required=True, actor="dora", now=NOW)
    publish(dns, row)
    check(row)
    assert [event for event, _ in told()] == ["provider-domain.claimed", "provider-domain.released"]


def test_who_holds_a_domain_speaks_for_its_addresses_as_long(
    corp: Provider, dns: DnsServer
) -> None:
    row = claim()
    assert not LinkPolicy.of(corp, NOW).vouches("ada@corp.example")
    publish(dns, row)
    check(row)
    assert LinkPolicy.of(corp, NOW).vouches("ada@corp.example")
    assert not LinkPolicy.of(corp, NOW).vouches("ada@sub.corp.example")
    assert not LinkPolicy.of(corp, NOW + 30 * DAY).vouches("ada@corp.example")
    assert record_name("corp.example") in dns.texts
