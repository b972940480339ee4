"""The page on which somebody is named who may draft one provider's rules."""

import pytest
from django.test import Client

from gateway.audit.models import AuditEvent
from provisioning.models import Account
from tests.gateway.console.company import company
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
PAGE = "/console/providers/corp-oidc/drafters/"


@pytest.fixture
def dora() -> Client:
    return browser_of(company())


def named(client: Client) -> list[str]:
    return [person.username for person in client.get(PAGE).context["people"]]


@pytest.mark.parametrize("said", ["ada", " ADA@corp.example"])
def test_a_person_is_named_and_taken_back(dora: Client, said: str) -> None:
    assert 'href="/console/providers/corp-oidc/drafters/"' in (
        dora.get("/console/providers/corp-oidc/").content.decode()
    )
    assert dora.post(PAGE, {"person": said}).status_code == 302
    assert named(dora) == ["ada"]
    ada = Account.objects.get(username="ada")
    assert AuditEvent.objects.get(event="rules.delegated").account == str(ada.pk)
    page = dora.get(PAGE).content.decode()
    assert "Take it back from Ada Byron" in page
    assert dora.post(f"{PAGE}{ada.pk}/end/").status_code == 302
    assert named(dora) == []
    assert AuditEvent.objects.filter(event="rules-delegation.ended").count() == 1


def test_somebody_who_is_not_here_is_told_beside_the_field(dora: Client) -> None:
    Account.objects.filter(username="cleo").update(is_active=False)
    Account.objects.filter(username="ben").update(email="ada@corp.example")
    for said, problem in (
        ("nobody", "Nobody here is called so"),
        ("cleo", "Nobody here is called so"),
        ("ada@corp.example", "Several people have this address"),
    ):
        answer = dora.post(PAGE, {"person": said})
        assert problem in answer.content.decode()
    assert named(dora) == []


def test_only_whoever_publishes_rules_comes_here(dora: Client) -> None:
    del dora
    Account.objects.all().delete()
    looking = browser_of(staff("ben", permissions="view_provider"))
    assert "drafters/" not in looking.get("/console/providers/corp-oidc/").content.decode()
    assert looking.get(PAGE).status_code == 403
    assert looking.post(PAGE, {"person": "ben"}).status_code == 403
    ben = Account.objects.get()
    assert looking.post(f"{PAGE}{ben.pk}/end/").status_code == 403
    assert looking.get(f"{PAGE}{ben.pk}/end/").status_code == 405
    stranger = browser_of(staff("cleo", permissions="publish_rules"))
    assert stranger.get(PAGE).status_code == 403
