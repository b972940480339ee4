"""The console's page of domains, and its lists among ten thousand."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.flows import domains
from providers.domain_proof import record_text
from providers.models import Provider, ProviderDomain
from provisioning.models import LinkedIdentity
from tests.gateway.flows.finding import connected, dns, publish, told
from tests.gateway.pages.signed_in import account, browser_of, staff
from tests.journeys.finding import crowd

__all__ = ["dns"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

PAGE, PROVIDERS = "/console/domains/", "/admin/providers/provider/"
CORP = {"domain": "Corp.example", "provider": "corp"}


def shown(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def press(client, verb: str, row: ProviderDomain):
    return client.post(f"{PAGE}{row.pk}/{verb}/", follow=True)


def test_from_the_claim_to_the_proof_by_the_page(dns):
    connected("corp", "Corp")
    dora = staff()
    client = browser_of(dora)
    page = shown(client.post(PAGE, CORP, follow=True))
    row = ProviderDomain.objects.get()
    assert "_gatehouse.corp.example" in page
    assert record_text(row.token) in page
    assert "claimed, leads nowhere yet" in page
    assert "there is no such name in DNS" in shown(press(client, "check", row))
    publish(dns, row)
    page = shown(press(client, "check", row))
    assert "proven in DNS" in page
    assert record_text(row.token) not in page
    assert "required: its people" in shown(press(client, "require", row))
    assert "required: its people" not in shown(press(client, "free", row))
    assert "None yet" in shown(press(client, "release", row))
    assert [event.rpartition(".")[2] for event, _ in told()] == [
        "claimed",
        "proven",
        "required",
        "required",
        "released",
    ]


def test_whom_a_requirement_would_refuse_is_said_before_it_is_one(dns):
    row = domains.state(connected("corp", "Corp"), "corp.example", actor="o", now=timezone.now())
    dora, ada = staff(), account("ada")
    for whose, provider in ((dora, "old"), (ada, "old"), (ada, "older"), (ada, "corp")):
        LinkedIdentity.objects.create(
            account=whose,
            issuer=f"https://{provider}.example",
            subject=whose.username,
            provider=provider,
            email=f"{whose.username}@Corp.example",
            first_seen=timezone.now(),
            last_seen=timezone.now(),
        )
    client = browser_of(dora)
    page = shown(press(client, "require", row))
    assert "<dt>old</dt><dd>2 people</dd>" in page
    assert "<dt>older</dt><dd>one person</dd>" in page
    assert "Require Corp of 2 people" in page
    assert "You are one of them." in page
    assert not ProviderDomain.objects.get().required
    client.post(f"{PAGE}{row.pk}/require/", {"sure": "yes"})
    assert ProviderDomain.objects.get().required


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"domain": "gmail.com"}, "anybody may have an address"),
        ({"domain": "<b>"}, "&lt;b&gt;: is no domain"),
        ({"domain": "held.example"}, "belongs to other already"),
        ({"provider": "nobody"}, "There is no such provider."),
        ({"provider": "\x00"}, "There is no such provider."),
    ],
)
def test_what_is_refused_stands_beside_the_form_which_keeps_what_was_typed(dns, fields, said):
    connected("corp")
    domains.state(connected("other"), "held.example", actor="o", now=timezone.now())
    page = shown(browser_of(staff()).post(PAGE, CORP | fields))
    assert said in page
    assert ProviderDomain.objects.count() == 1


def test_whoever_may_only_look_sees_no_button_and_changes_nothing(dns):
    row = domains.claim(connected("corp").slug, "corp.example", actor="o", now=timezone.now())
    looker = account("ada", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_provider"))
    client = browser_of(looker)
    page = shown(client.get(PAGE))
    assert "corp.example" in page
    assert "Check now" not in page
    assert client.post(PAGE, CORP).status_code == 403
    for verb in ("check", "require", "free", "release"):
        assert client.post(f"{PAGE}{row.pk}/{verb}/").status_code == 403
    assert ProviderDomain.objects.count() == 1


def test_strangers_and_odd_addresses_get_nowhere(dns, client):
    connected("corp")
    assert client.get(PAGE, headers={"Host": "gateway.corp.localhost:8000"}).status_code == 302
    dora = browser_of(staff())
    for address in ("?q=%00", "?page=zzz", "?page=-3", "?page=99999999999", "?q=" + "x" * 3000):
        assert dora.get(PAGE + address).status_code == 200
    nobody = "00000000-0000-0000-0000-000000000000"
    assert dora.post(f"{PAGE}{nobody}/check/").status_code == 404
    assert dora.post(f"{PAGE}{nobody}/explode/").status_code == 403
    assert dora.get(f"{PAGE}{nobody}/check/").status_code == 405
    assert browser_of(account("ada", is_staff=True)).get(PAGE).status_code == 403


def test_another_site_can_press_nothing(dns):
    row = domains.claim(connected("corp").slug, "corp.example", actor="o", now=timezone.now())
    client = browser_of(staff(), csrf=True)
    assert client.post(PAGE, CORP | {"domain": "two.example"}).status_code == 403
    assert client.post(f"{PAGE}{row.pk}/release/").status_code == 403
    assert ProviderDomain.objects.count() == 1


@pytest.mark.thorough
@pytest.mark.parametrize("address", [PAGE, PROVIDERS])
def test_ten_thousand_cost_as_much_as_fifty(address):
    client = browser_of(staff())
    measured = []
    for count in (60, 10_000):
        Provider.objects.all().delete()
        crowd(count)
        for query in ("", "?q=company-00042"):
            client.get(address + query)
            with CaptureQueriesContext(connection) as asked:
                page = shown(client.get(address + query))
            measured.append(len(asked))
            assert len(page) < 400_000  # fifty rows, however many there are
            assert page.count("Company 000") == (50 if not query else 1) or address == PROVIDERS
    assert measured[:2] == measured[2:]
    assert max(measured) <= 15


def test_a_provider_is_found_by_its_domain(dns):
    domains.claim(connected("corp", "Corp").slug, "find.me.example", actor="o", now=timezone.now())
    connected("other", "Other")
    page = shown(browser_of(staff()).get(f"{PROVIDERS}?q=find.me"))
    assert ">Corp<" in page
    assert ">Other<" not in page
