"""The rules in force as sentences, with none of them and with a thousand."""

from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from gateway.flows.mapping import usage_words
from gateway.flows.mapping.usage import Usage
from mapping import models as mapping_models
from providers.models import Provider
from provisioning.models import RoleInfo
from tests.gateway.console.mapping import drafting
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

LIST = "/console/mapping/"
RULES = [
    {"id": "auditors", "roles": ["auditor"], "when": {"claim": "department", "equals": "audit"}},
    {
        "id": "deployers",
        "roles": ["deployer"],
        "when": {"claim": "groups", "equals": "/engineering"},
        "provider": "keycloak-emea",
    },
    {
        "id": "leads",
        "roles": ["deployer"],
        "when": {"claim": "groups", "glob": "/*/leads"},
        "provider": "keycloak-emea",
        "priority": 5,
    },
]


@pytest.fixture
def published() -> None:
    Provider.objects.create(
        slug="keycloak-emea", name="Keycloak EMEA", protocol="oidc", dialect="keycloak", settings={}
    )
    mapping_models.publish({"rules": RULES}, based_on=0, by="terraform", now=timezone.now())


def named(answer) -> list[tuple[str, list[str]]]:
    """The rules as they stand, group by group."""
    groups = answer.context["listed"].groups
    return [(place, [told.rule.id for told in those]) for place, those in groups]


def test_without_a_rule_the_page_says_the_next_step() -> None:
    page = browser_of(staff()).get(LIST)
    assert page.context["title"] == "No rule yet"
    assert "Begin a draft and write the first one" in page.content.decode()
    assert 'action="/console/mapping/drafts/"' in page.content.decode()


def test_rules_stand_as_sentences_by_provider_the_weightiest_first(published: None) -> None:
    answer = browser_of(staff()).get(LIST)
    page = unescape(answer.content.decode())
    assert (
        "People in <strong>/engineering</strong> at <strong>Keycloak EMEA</strong>"
        " get <strong>deployer</strong>"
    ) in page
    assert answer.context["title"] == "3 rules, version 1"
    assert named(answer) == [
        ("Every provider", ["auditors"]),
        ("Keycloak EMEA", ["leads", "deployers"]),
    ]
    assert "by terraform." in page
    assert '"claim"' not in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("role=auditor", ["auditors"]),
        ("role=deployer", ["leads", "deployers"]),
        ("provider=keycloak-emea", ["leads", "deployers"]),
        ("provider=*", ["auditors"]),
        ("q=ENGINEERING at keycloak", ["deployers"]),
        ("q=leads", ["leads"]),
        ("q=get deployer&provider=*", []),
        ("role=nobody", []),
        ("q=%00", ["auditors", "leads", "deployers"]),
        ("page=999", ["auditors", "leads", "deployers"]),
        ("page=what", ["auditors", "leads", "deployers"]),
    ],
)
def test_a_rule_is_found_by_its_words_its_role_or_its_provider(
    published: None, asked: str, found: list[str]
) -> None:
    answer = browser_of(staff()).get(f"{LIST}?{asked}")
    assert [name for _, names in named(answer) for name in names] == found
    assert ("No rule says that" in answer.content.decode()) is (not found)


def test_whoever_published_is_called_by_name() -> None:
    dora = staff()
    mapping_models.publish({"rules": RULES}, based_on=0, by=str(dora.pk), now=timezone.now())
    assert "by Dora Lind." in browser_of(dora).get(LIST).content.decode()


def test_a_rule_of_a_provider_that_is_gone_is_listed_by_its_short_name() -> None:
    mapping_models.publish({"rules": RULES[1:]}, based_on=0, by="terraform", now=timezone.now())
    assert named(browser_of(staff()).get(LIST)) == [("keycloak-emea", ["leads", "deployers"])]


def test_a_thousand_rules_come_page_by_page_and_keep_what_was_asked() -> None:
    many = [RULES[0] | {"id": f"r{number:04}"} for number in range(1_000)]
    mapping_models.publish({"rules": many}, based_on=0, by="terraform", now=timezone.now())
    answer = browser_of(staff()).get(f"{LIST}?q=is audit&page=2")
    assert named(answer) == [("Every provider", [f"r{number:04}" for number in range(100, 200)])]
    assert answer.context["title"] == "1000 rules found"
    assert 'href="?q=is%20audit&amp;role=&amp;provider=&amp;page=3"' in answer.content.decode()


def test_what_a_rule_says_is_text_on_the_page() -> None:
    wild = {"claim": "groups", "equals": "<script>alert(1)</script>"}
    mapping_models.publish(
        {"rules": [RULES[0] | {"when": wild}]}, based_on=0, by="<b>", now=timezone.now()
    )
    page = browser_of(staff()).get(LIST).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "by &lt;b&gt;." in page


def test_whoever_may_only_look_at_rules_looks_and_is_led_nowhere_else() -> None:
    mapping_models.publish({"rules": RULES}, based_on=0, by="terraform", now=timezone.now())
    page = browser_of(staff(permissions="view_rulesetversion")).get(LIST).content.decode()
    assert "auditor" in page
    assert 'action="/console/mapping/drafts/"' not in page
    assert "You may read the rules, not change them." in page


def test_without_the_permission_the_page_is_shut_and_not_in_the_rail() -> None:
    client = browser_of(staff(permissions="view_provider"))
    assert client.get(LIST).status_code == 403
    assert f'href="{LIST}"' not in client.get("/admin/").content.decode()


def test_rules_of_the_rail_lead_here() -> None:
    assert f'href="{LIST}"' in browser_of(staff()).get("/admin/").content.decode()


def test_beside_each_rule_stands_whom_it_matters_to() -> None:
    page = browser_of(drafting.company()).get(LIST)
    assert "deployers · nobody now" in page.content.decode()


@pytest.mark.parametrize(
    ("days", "told"),
    [(0, "12 people, last used today"), (1, "12 people, last used yesterday")],
)
def test_when_a_rule_was_used_last_is_said_in_words(days: int, told: str) -> None:
    now = timezone.now()
    seen = now - timedelta(days=days)
    assert usage_words.told(Usage(people=12, seen=seen), now) == told


def test_a_roles_page_says_whom_it_matters_to() -> None:
    dora = drafting.company()
    page = browser_of(dora).get(
        f"/admin/provisioning/roleinfo/{RoleInfo.objects.first().pk}/change/"
    )
    assert "nobody now" in page.content.decode()


def test_who_never_came_since_has_no_day() -> None:
    assert usage_words.told(Usage(people=1), timezone.now()) == "1 person"
