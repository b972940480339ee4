"""Whom a search of people finds: the same on both databases."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from providers.models import Provider
from provisioning.models import Account, LinkedIdentity
from provisioning.scim.models import ScimConnection, ScimUser
from provisioning.search import PeopleSearch, State, state_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def person(username: str, name: str = "", email: str = "", **fields: object) -> Account:
    return Account.objects.create(username=username, name=name, email=email, **fields)


def link(account: Account, subject: str, provider: str = "corp") -> LinkedIdentity:
    return LinkedIdentity.objects.create(
        account=account,
        issuer="https://corp.example",
        subject=subject,
        provider=provider,
        first_seen=NOW,
        last_seen=NOW,
    )


def found(**terms: object) -> list[str]:
    rows = PeopleSearch(**terms).rows(NOW)  # type: ignore[arg-type]
    return [row.username for row in rows]


@pytest.mark.parametrize(
    "words",
    [
        *("ada", "ADA", "byr", "by ad", "Byron, Ada", "ada.b", "ada-b", "a.byron@corp.example"),
        *("özil", "lovelace-ö", "Ada  Lovelace"),
    ],
)
def test_each_word_may_be_the_beginning_of_one_of_hers(words: str) -> None:
    person("ada.b", "Ada Byron Lovelace-Özil", "a.byron@corp.example")
    person("ben", "Ben Okafor", "ben@corp.example")
    assert found(words=words) == ["ada.b"]


@pytest.mark.parametrize(
    "words", ["yron", "ada okafor", "zoe", "@", ":*", "%", "é", "ada \\' | 'ok"]
)
def test_what_begins_no_word_of_hers_does_not_find_her(words: str) -> None:
    person("ada", "Ada Byron", "ada@corp.example")
    person("ben", "Ben Okafor", "ben@corp.example")
    assert found(words=words) == []


def test_very_many_words_and_very_long_ones_find_what_they_say() -> None:
    person("ada", "Ada Byron")
    assert found(words="ada " * 5_000) == ["ada"]
    assert found(words="a" * 5_000) == []
    assert found(words="(" * 5_000 + "ada") == ["ada"]


def test_she_is_found_by_the_id_of_her_account() -> None:
    ada = person("ada")
    person("ben")
    assert found(words=str(ada.pk)) == ["ada"]


def test_what_changes_about_her_is_found_at_once() -> None:
    ada = person("ada", "Ada Byron")
    ada.name = "Ada King"
    ada.save()
    assert (found(words="king"), found(words="byron")) == (["ada"], [])


def test_people_of_a_provider_or_with_a_role_alone_are_found_each_once() -> None:
    ada, ben = person("ada"), person("ben")
    for subject in ("1", "2"):
        link(ada, subject)
    link(ben, "3", provider="other")
    for name in ("deployer", "auditor"):
        ada.groups.add(Group.objects.create(name=name))
    assert found(provider="corp") == ["ada"]
    assert found(role="deployer") == ["ada"]
    assert found(role="deployer", provider="other") == []


def test_the_id_upstream_is_hers_at_her_provider_or_of_scim() -> None:
    ada, ben = person("ada"), person("ben")
    link(ada, "s-1")
    provider = Provider.objects.create(slug="corp", name="Corp", protocol="oidc")
    pushes = ScimConnection.objects.create(slug="hr", name="HR", provider=provider, created_at=NOW)
    ScimUser.objects.create(
        connection=pushes,
        linked_identity=link(ben, "s-2"),
        external_id="e-2",
        user_name="ben",
        user_name_key="ben",
        created_at=NOW,
        modified_at=NOW,
    )
    assert [found(upstream=name) for name in ("s-1", "e-2", "S-1", "s-")] == [
        *(["ada"], ["ben"], [], []),
    ]


def test_each_state_finds_its_own() -> None:
    person("ada")
    person("ben", is_active=False, deactivated_at=NOW)
    person("cleo", ends_at=NOW + timedelta(days=13))
    person("dora", ends_at=NOW + timedelta(days=15))
    person("door", kind="breakglass")
    person("bot", kind="service")
    said = {state: found(state=state) for state in State}
    assert said == {
        State.ACTIVE: ["ada", "bot", "cleo", "door", "dora"],
        State.LEFT: ["ben"],
        State.ENDS_SOON: ["cleo"],
        State.BREAK_GLASS: ["door"],
        State.SERVICE: ["bot"],
    }
    assert {row.username: state_of(row, NOW).value for row in Account.objects.all()} == {
        "ada": "active",
        "ben": "left",
        "cleo": "ends-soon",
        "dora": "active",
        "door": "break-glass",
        "bot": "service",
    }
