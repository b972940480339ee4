"""Issuer and subject decide; an address joins accounts only where everything speaks for it."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Group, Permission

from providers.identity import Subject
from providers.models import Provider, ProviderDomain
from provisioning.changes import AccountCreated, IdentityLinked
from provisioning.errors import AccountClosed, LinkConflict
from provisioning.models import Account, LinkedIdentity
from provisioning.policy import LinkPolicy
from provisioning.roles import grant_by_hand
from tests.provisioning.people import (
    BY_EMAIL,
    KEYCLOAK,
    NEVER,
    NOW,
    RULES,
    SAML,
    STAFF,
    account,
    ada,
    changed,
    close,
    dora,
    person,
    signs_in,
    trusting,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def known():
    """Ada came by Keycloak, whose word for corp.example is taken."""
    trusting(KEYCLOAK, "corp.example")
    return signs_in(ada(), policy=BY_EMAIL)


def joins(known, identity, policy=BY_EMAIL) -> bool:
    return signs_in(identity, policy=policy).account == known.account


def test_a_verified_address_joins_where_both_rows_say_so(known):
    done = signs_in(ada(provider=SAML), policy=BY_EMAIL)
    assert done.account == known.account
    assert isinstance(done.changes[0], IdentityLinked)
    assert done.changes[0].by == "verified-email"
    assert signs_in(ada(provider=SAML), policy=NEVER).account == known.account


def test_an_address_never_joins_unless_the_row_says_so(known):
    done = signs_in(ada(provider=SAML), policy=NEVER)
    assert done.account != known.account
    assert isinstance(done.changes[0], AccountCreated)


def test_an_address_of_another_domain_does_not_join(known):
    elsewhere = LinkPolicy(by_verified_email=True, email_domains=frozenset({"other.example"}))
    assert not joins(known, ada(provider=SAML), elsewhere)


def test_an_address_below_a_named_domain_does_not_join():
    trusting(KEYCLOAK, "corp.example", "lab.corp.example")
    policy = LinkPolicy(by_verified_email=True, email_domains=frozenset({"corp.example"}))
    person_there = changed(ada(), email="ada@lab.corp.example")
    done = signs_in(person_there, policy=BY_EMAIL)
    assert not joins(done, changed(person_there, subject=ada(provider=SAML).subject), policy)


def test_an_address_that_is_not_verified_does_not_join(known):
    assert not joins(known, changed(ada(provider=SAML), email_verified=False))


def test_an_address_that_was_not_verified_at_the_account_does_not_join():
    trusting(KEYCLOAK, "corp.example")
    lax = signs_in(changed(ada(), email_verified=False), policy=BY_EMAIL)
    assert not joins(lax, ada(provider=SAML))


def test_an_address_of_a_domain_that_the_accounts_provider_may_not_speak_for_does_not_join():
    trusting(KEYCLOAK, "other.example")
    there = signs_in(ada(), policy=BY_EMAIL)
    assert not joins(there, ada(provider=SAML))


def test_who_signs_up_first_at_a_lax_provider_waits_in_vain():
    trusting(SAML, "corp.example")
    squatter = signs_in(ada(provider="self-service"), policy=NEVER)
    assert squatter.email == "ada@corp.example"
    assert not joins(squatter, ada(provider=SAML))


def test_one_providers_address_of_another_tenant_selects_nobody(known):
    """The address is the same, the tenant another one: nOAuth."""
    foreign = LinkPolicy(by_verified_email=True, email_domains=frozenset({"evil.example"}))
    assert not joins(known, ada(provider="entra-evil"), foreign)
    same_value = Subject(issuer="https://entra-evil.example", value=ada().subject.value)
    assert not joins(known, changed(ada(provider="entra-evil"), subject=same_value), foreign)


@pytest.mark.parametrize(
    "address",
    [
        "ada@corp.example@evil.example",
        "ada@evil.example@corp.example",
        '"ada"@corp.example',
        "ada@corp.example.",
        "ada@corp.ex\u0430mple",
        "\u0430da@corp.example",
        "ad\u0131a@corp.example",
        "ａda@corp.example",
        "ada\u200b@corp.example",
        "ada @corp.example",
        "ada@corp.example ",
        "ada@corp.example\n",
        "ada(comment)@corp.example",
        "ada+admin@corp.example",
        "a.da@corp.example",
        "@corp.example",
        "ada",
        "",
    ],
)
def test_an_address_that_is_nearly_the_same_does_not_join(known, address):
    assert not joins(known, changed(ada(provider=SAML), email=address))


@pytest.mark.parametrize(
    "address", ["ada@evil.example@corp.example", '"a b"@corp.example', "\u0430da@corp.example"]
)
def test_an_address_that_two_programs_read_in_two_ways_joins_nobody(address):
    trusting(KEYCLOAK, "corp.example")
    first = signs_in(changed(ada(), email=address), policy=BY_EMAIL)
    assert not joins(first, changed(ada(provider=SAML), email=address))


@pytest.mark.parametrize("address", ["kelvin@corp.example", "\u212aelvin@corp.example"])
def test_only_ascii_letters_lose_their_case(address):
    trusting(KEYCLOAK, "corp.example")
    known = signs_in(changed(ada(), email="Kelvin@CORP.example"), policy=BY_EMAIL)
    assert joins(known, changed(ada(provider=SAML), email=address)) is address.isascii()


def test_two_accounts_of_one_address_join_nobody(known):
    trusting("okta-emea", "corp.example")
    signs_in(changed(ada(provider="okta-emea"), email="ADA@corp.example"), policy=NEVER)
    assert Account.objects.count() == 2
    with pytest.raises(LinkConflict):
        signs_in(ada(provider=SAML), policy=BY_EMAIL)


def test_an_account_that_the_issuer_knows_by_another_subject_is_not_joined(known):
    """The address was given to the next person, or the account upstream was made anew."""
    newcomer = changed(ada(), subject=person("ada2", "").subject)
    assert not joins(known, newcomer)


def test_a_closed_account_is_neither_joined_nor_sidestepped(known):
    close(known.account)
    with pytest.raises(AccountClosed):
        signs_in(ada(provider=SAML), policy=BY_EMAIL)
    assert Account.objects.count() == 1


def _staff(row: Account) -> None:
    grant_by_hand(str(row.pk), STAFF, by="operator", rules=RULES, staff_role=STAFF, now=NOW)


def _superuser(row: Account) -> None:
    row.is_superuser = True
    row.save()


def _role_with_permission(row: Account) -> None:
    group = Group.objects.create(name="auditor")
    group.permissions.add(Permission.objects.first())
    grant_by_hand(str(row.pk), "auditor", by="dora", rules=RULES, staff_role=STAFF, now=NOW)


def _own_permission(row: Account) -> None:
    row.user_permissions.add(Permission.objects.first())


@pytest.mark.parametrize("power", [_staff, _superuser, _role_with_permission, _own_permission])
def test_an_account_with_power_is_never_joined_by_address(known, power):
    power(account(known))
    with pytest.raises(LinkConflict):
        signs_in(ada(provider=SAML), policy=BY_EMAIL)
    assert LinkedIdentity.objects.count() == 1


def test_staff_by_a_rule_is_never_joined_by_address():
    trusting(KEYCLOAK, "corp.example")
    signs_in(dora(), policy=BY_EMAIL)
    with pytest.raises(LinkConflict):
        signs_in(person("dora", "Dora Lind", provider=SAML), policy=BY_EMAIL)


def test_what_a_provider_vouched_for_whose_row_says_never_does_not_join():
    row = trusting(KEYCLOAK, "corp.example")
    row.link_policy = "never"
    row.save()
    there = signs_in(ada(), policy=NEVER)
    assert LinkedIdentity.objects.get().verified_address == "ada@corp.example"
    assert not joins(there, ada(provider=SAML))


def held(row: Provider, domain: str, until: datetime | None = None) -> None:
    ProviderDomain.objects.create(
        provider=row, domain=domain, token="t", claimed_at=NOW, held=True, counts_until=until
    )


def test_a_domain_that_leads_to_the_accounts_provider_counts_as_one_that_its_row_names():
    row = trusting(KEYCLOAK)
    there = signs_in(ada(), policy=BY_EMAIL)
    held(row, "other.example")
    assert not joins(there, ada(provider=SAML))
    held(row, "corp.example")
    assert joins(there, ada(provider="okta-emea"))


def test_a_domain_that_led_to_the_accounts_provider_once_does_not_count():
    there_row = trusting(KEYCLOAK)
    there = signs_in(ada(), policy=BY_EMAIL)
    held(there_row, "corp.example", NOW)
    assert not joins(there, ada(provider=SAML))


def test_a_domain_gives_its_own_provider_a_word_and_no_other_one():
    held(trusting(KEYCLOAK), "corp.example")
    assert LinkPolicy.of(Provider.objects.get(), NOW).trusts("ada@corp.example")
    assert not LinkPolicy.of(trusting(SAML), NOW).trusts("ada@corp.example")


def test_the_policy_is_read_from_the_row():
    row = trusting(SAML, "Corp.Example")
    assert LinkPolicy.of(row, NOW) == BY_EMAIL
    row.link_policy = "never"
    assert not LinkPolicy.of(row, NOW).trusts("ada@corp.example")


def test_a_provider_that_is_switched_off_still_vouched(known):
    row = trusting("okta-emea", "corp.example")
    row.enabled = False
    row.save()
    assert joins(known, ada(provider=SAML))
