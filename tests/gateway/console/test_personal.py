"""What a person is like, by whose word; set by hand, handed out, erased: each by whoever may."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import describing
from provisioning.models import Account, ProfileValue
from provisioning.profile import Attribute
from tests.gateway.pages.signed_in import account, browser_of, linked, lives, staff, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
PEOPLE, DIFFERENCES = "/admin/provisioning/account/", "/admin/auditlog/logentry/"


@pytest.fixture
def ada() -> Account:
    """Her provider says her name and title."""
    person = account("ada")
    own = {"account": person, "linked_identity": linked(person), "source": "provider"}
    for name, value in (("name", "Ada Byron"), ("title", "Analyst")):
        ProfileValue.objects.create(**own, name=name, value=value, since=timezone.now())
    return person


def at(person: Account, page: str) -> str:
    return f"{PEOPLE}{person.pk}/{page}/"


def by_hand(person: Account, **values: str) -> None:
    told = {Attribute(name): value for name, value in values.items()}
    describing.set_by_hand(account=str(person.pk), values=told, actor="dora", now=timezone.now())


def test_her_page_says_what_she_is_like_and_by_whose_word(ada: Account) -> None:
    by_hand(ada, title="Countess")
    page = browser_of(staff()).get(at(ada, "change")).content.decode()
    for said in ("Analyst", "corp-oidc, at sign-in", "Countess", "by hand: dora"):
        assert said in page
    for way in ("attributes", "personal-data"):
        assert at(ada, way) in page


def test_what_is_set_by_hand_counts_and_emptied_it_does_no_more(ada: Account) -> None:
    dora = staff()
    client = browser_of(dora)
    assert "Analyst, says corp-oidc" in client.get(at(ada, "attributes")).content.decode()
    answer = client.post(at(ada, "attributes"), {"name": "A. Byron", "title": ""})
    assert answer["Location"] == at(ada, "change")
    ada.refresh_from_db()
    assert ada.name == "A. Byron"
    event = AuditEvent.objects.get(event="profile.changed")
    assert event.detail == {"fields": ["name"], "source": "hand"}
    assert event.actor == str(dora.pk)
    page = client.get(at(ada, "attributes")).content.decode()
    assert "Name: Ada Byron → A. Byron" in page
    assert "Dora Lind" in page
    client.post(at(ada, "attributes"), {"name": "", "title": ""})
    ada.refresh_from_db()
    assert ada.name == "Ada Byron"


def test_what_was_not_touched_stays_as_another_administrator_set_it(ada: Account) -> None:
    by_hand(ada, title="Countess")
    browser_of(staff()).post(at(ada, "attributes"), {"name": "A. Byron", "title": "Countess"})
    row = ProfileValue.objects.get(source="hand", name="title")
    assert row.by == "dora"


def test_an_address_that_is_none_is_refused_beside_its_field(ada: Account) -> None:
    answer = browser_of(staff()).post(at(ada, "attributes"), {"email": "nobody"})
    assert "email" in answer.context["form"].errors
    assert not ProfileValue.objects.filter(source="hand").exists()


def test_all_that_is_kept_of_her_is_downloaded_and_nobody_keeps_a_copy(ada: Account) -> None:
    client = browser_of(staff())
    assert client.get(at(ada, "export")).status_code == 405
    answer = client.post(at(ada, "export"))
    assert json.loads(answer.content)["account"]["username"] == "ada"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]


def test_erasing_first_says_what_goes_and_asks_for_her_username(ada: Account) -> None:
    session, client = start(ada), browser_of(staff())
    page = client.get(at(ada, "personal-data")).content.decode()
    assert "signed out of one browser" in page
    assert "cannot be undone" in page
    assert "nothing was done" in client.post(at(ada, "erase"), {"username": "ben"}).content.decode()
    assert lives(session.handle)
    answer = client.post(at(ada, "erase"), {"username": "ada"})
    assert answer["Location"] == PEOPLE
    assert not lives(session.handle)
    ada.refresh_from_db()
    assert (ada.name, ada.email, ada.is_active) == ("", "", False)
    assert "Nothing of a person is left" in client.get(at(ada, "personal-data")).content.decode()


def test_the_last_administrator_is_told_that_she_is() -> None:
    dora = staff()
    client = browser_of(dora)
    assert "last administrator" in client.get(at(dora, "personal-data")).content.decode()
    answer = client.post(at(dora, "erase"), {"username": "dora"})
    assert "last administrator" in answer.content.decode()
    dora.refresh_from_db()
    assert dora.is_active


@pytest.mark.parametrize(
    ("permissions", "page"),
    [
        ("view_account export_account erase_account", "attributes"),
        ("view_account change_account", "personal-data"),
        ("view_account change_account erase_account", "export"),
        ("view_account change_account export_account", "erase"),
        ("change_account", "attributes"),
        ("export_account", "export"),
        ("erase_account", "erase"),
    ],
)
def test_each_is_for_whoever_may_alone(ada: Account, permissions: str, page: str) -> None:
    client = browser_of(staff(permissions=permissions))
    method = client.get if page in ("attributes", "personal-data") else client.post
    assert method(at(ada, page)).status_code == 403
    ada.refresh_from_db()
    assert ada.is_active


def test_what_people_were_called_is_in_the_differences_for_whoever_may_see_people(
    ada: Account,
) -> None:
    by_hand(ada, name="A. Byron")

    def listed(client: Client) -> int:
        return int(client.get(DIFFERENCES).context["cl"].result_count)

    assert listed(browser_of(staff())) == 1
    assert listed(browser_of(staff("ben", permissions="view_logentry"))) == 0
