"""Looking for the proof of a domain at a DNS server that really answers."""

import time
from collections.abc import Iterator

import pytest

from providers import domain_proof
from providers.domain_proof import Looked, Proof, look
from tests.fakes.dns_server import DnsServer, dns_server

NAME, TOKEN = "_gatehouse.corp.example", "0123456789abcdef0123456789abcdef"
RIGHT = f"gatehouse-domain={TOKEN}"


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with dns_server() as server:
        yield server


def looked(dns: DnsServer, domain: str = "corp.example", token: str = TOKEN) -> Looked:
    return look(domain, token, [dns.address])


def test_the_record_proves_the_domain(dns: DnsServer) -> None:
    dns.texts[NAME] = [RIGHT]
    assert looked(dns) == Looked(proof=Proof.FOUND)
    assert dns.asked == [f"udp {NAME} TXT"]


def test_among_other_records_and_with_spaces_around_it_counts(dns: DnsServer) -> None:
    dns.texts[NAME] = ["v=spf1 -all", f" {RIGHT} ", "gatehouse-domain=of-another-provider"]
    assert looked(dns).proof is Proof.FOUND


def test_behind_an_alias_it_counts(dns: DnsServer) -> None:
    dns.aliases[NAME] = "corp.records.example"
    dns.texts["corp.records.example"] = [RIGHT]
    assert looked(dns).proof is Proof.FOUND


def test_an_answer_too_long_for_udp_is_fetched_by_tcp(dns: DnsServer) -> None:
    dns.truncates = True
    dns.texts[NAME] = ["x" * 600, RIGHT]
    assert looked(dns).proof is Proof.FOUND
    assert dns.asked == [f"udp {NAME} TXT", f"tcp {NAME} TXT"]


@pytest.mark.parametrize(
    "texts",
    [
        ["gatehouse-domain=fedcba9876543210fedcba9876543210"],
        [RIGHT.upper()],
        [RIGHT + "0"],
        [RIGHT[:-1]],
        [TOKEN],
        [f"x{RIGHT}"],
        [],
    ],
)
def test_another_record_proves_nothing(dns: DnsServer, texts: list[str]) -> None:
    dns.texts[NAME] = texts
    assert looked(dns).proof is Proof.ABSENT


def test_at_another_name_it_proves_nothing(dns: DnsServer) -> None:
    for name in ("corp.example", "_gatehouse.example", "_gatehouse.sub.corp.example"):
        dns.texts[name] = [RIGHT]
    assert looked(dns) == Looked(proof=Proof.ABSENT, problem="there is no such name in DNS")


def test_a_wrong_token_is_told_apart_from_none(dns: DnsServer) -> None:
    dns.texts[NAME] = ["gatehouse-domain=0000"]
    assert looked(dns).problem == "the record there has another token"
    dns.texts[NAME] = ["v=spf1"]
    assert looked(dns).problem == "the record is not there"


def test_a_server_that_fails_says_nothing_about_the_proof(dns: DnsServer) -> None:
    dns.broken = True
    assert looked(dns) == Looked(proof=Proof.UNKNOWN, problem="DNS did not say (NoNameservers)")


def test_a_silent_server_is_not_waited_for(dns: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_proof, "TRY_SECONDS", 0.2)
    monkeypatch.setattr(domain_proof, "ALL_SECONDS", 0.5)
    dns.silent = True
    began = time.monotonic()
    assert looked(dns) == Looked(proof=Proof.UNKNOWN, problem="DNS did not say (LifetimeTimeout)")
    assert time.monotonic() - began < 2


def test_the_search_list_of_the_machine_is_never_tried(dns: DnsServer) -> None:
    looked(dns)
    assert dns.asked == [f"udp {NAME} TXT"]
