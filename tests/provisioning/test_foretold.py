"""Somebody of whom her company tells has an account before she comes, and it is hers when she
does.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mapping.ruleset import RuleSet
from providers.identity import ExternalIdentity
from provisioning.changes import AccountCreated, IdentityLinked, ProfileChanged, Provisioned
from provisioning.errors import AccountClosed, LinkConflict, NotAdmitted, OtherProviderRequired
from provisioning.foretold import foretell
from provisioning.last_identity import opened
from provisioning.models import Account, LastIdentity, LinkedIdentity
from provisioning.policy import LinkPolicy
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
    signs_in,
    trusting,
)
from tests.rivals import rival_at_savepoint

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LATER = NOW + timedelta(hours=3)


def told_of(
    identity: ExternalIdentity,
    *,
    rules: RuleSet = RULES,
    policy: LinkPolicy = NEVER,
    now: datetime = NOW,
) -> Provisioned:
    decision = rules.decide(identity, now)
    return foretell(identity, decision, rules, policy=policy, staff_role=STAFF, now=now)


def test_who_is_told_of_has_an_account_with_roles_and_has_never_signed_in() -> None:
    done = told_of(ada())
    assert (done.username, done.name, done.email) == ("ada", "Ada Byron", "ada@corp.example")
    assert done.roles == {"deployer"}
    made = account(done)
    assert (made.last_login, made.is_active, made.has_usable_password()) == (None, True, False)
    assert {AccountCreated, IdentityLinked} <= {type(change) for change in done.changes}


def test_her_first_sign_in_finds_the_account_that_was_made_for_her() -> None:
    told = told_of(ada())
    came = signs_in(ada(), now=LATER)
    assert (came.account, came.changes) == (told.account, ())
    assert account(came).last_login == LATER


def test_who_signed_in_before_is_brought_up_to_now_and_keeps_the_moment_of_her_sign_in() -> None:
    came = signs_in(ada())
    moved = replace(changed(ada("/finance/payroll"), name="Ada Lovelace"))
    told = told_of(moved, now=LATER)
    assert (told.account, told.roles) == (came.account, {"payroll"})
    assert (
        ProfileChanged(account=came.account, fields=("name",), source="directory keycloak-corp")
        in told.changes
    )
    assert account(told).last_login == NOW


def test_told_twice_changes_nothing_more() -> None:
    told_of(ada())
    assert told_of(ada(), now=LATER).changes == ()
    assert (Account.objects.count(), LinkedIdentity.objects.count()) == (1, 1)


def test_what_was_told_is_kept_for_whoever_looks_at_other_rules() -> None:
    told_of(ada("/sales"))
    assert opened(LastIdentity.objects.get()).claims.texts("groups") == ("/sales",)


def test_the_staff_role_makes_staff_of_who_is_told_of() -> None:
    assert account(told_of(dora())).is_staff


def test_a_closed_account_stays_as_it_is() -> None:
    done = told_of(ada())
    close(done.account)
    with pytest.raises(AccountClosed):
        told_of(changed(ada(), name="Ada Lovelace"), now=LATER)
    assert account(done).name == "Ada Byron"


def test_a_word_of_somebody_joins_an_account_as_a_sign_in_would() -> None:
    trusting(KEYCLOAK, "corp.example")
    trusting(SAML, "corp.example")
    came = signs_in(ada(), policy=BY_EMAIL)
    told = told_of(ada(provider=SAML), policy=BY_EMAIL)
    assert told.account == came.account
    bare = changed(ada(provider="other"), email_verified=False)
    assert told_of(bare, policy=BY_EMAIL).account != came.account


def test_a_word_of_somebody_never_joins_an_account_with_power_here() -> None:
    trusting(KEYCLOAK, "corp.example")
    trusting(SAML, "corp.example")
    signs_in(dora(), policy=BY_EMAIL)
    with pytest.raises(LinkConflict):
        told_of(ada_named_as_dora(), policy=BY_EMAIL)


def ada_named_as_dora() -> ExternalIdentity:
    return changed(ada(provider=SAML), email="dora@corp.example")


def test_of_whom_another_provider_is_required_nobody_else_may_tell() -> None:
    row = trusting(KEYCLOAK, "corp.example")
    row.domains.create(domain="corp.example", held=True, stated=True, required=True, claimed_at=NOW)
    with pytest.raises(OtherProviderRequired):
        told_of(ada(provider=SAML))
    assert not Account.objects.exists()


def test_nobody_without_a_lasting_subject_gets_an_account() -> None:
    nobody = changed(ada(), subject=replace(ada().subject, value=""))
    with pytest.raises(NotAdmitted):
        told_of(nobody)


def test_she_signs_in_while_she_is_told_of_and_there_is_one_account() -> None:
    with rival_at_savepoint(lambda: signs_in(ada())):
        told = told_of(ada(), now=LATER)
    assert Account.objects.count() == 1
    assert account(told).last_login == NOW


def test_a_returning_word_takes_no_more_queries_than_a_returning_sign_in(
    django_assert_max_num_queries,
) -> None:
    told_of(ada())
    with django_assert_max_num_queries(8):
        told_of(ada(), now=LATER)
