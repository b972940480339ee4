"""The account is made at the first sign-in and kept up to date at each one after it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from providers.identity import Subject
from provisioning import jit
from provisioning.changes import AccountCreated, IdentityLinked, ProfileChanged, RoleGained
from provisioning.errors import AccountClosed, AccountUnknown, NotAdmitted
from provisioning.models import Account, LinkedIdentity
from provisioning.policy import LinkPolicy
from tests.provisioning.people import (
    BY_EMAIL,
    KEYCLOAK,
    NEVER,
    NOW,
    SAML,
    account,
    ada,
    ben,
    changed,
    cleo,
    close,
    person,
    signs_in,
    trusting,
)
from tests.rivals import rival_at_savepoint

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)


def test_a_first_sign_in_makes_the_account_and_says_so():
    done = signs_in(ada())
    assert (done.username, done.name, done.email) == ("ada", "Ada Byron", "ada@corp.example")
    assert done.roles == {"deployer"}
    assert [type(change) for change in done.changes] == [
        AccountCreated,
        IdentityLinked,
        ProfileChanged,
        RoleGained,
    ]
    made = account(done)
    assert not made.has_usable_password()
    assert (made.is_active, made.is_staff, made.is_superuser) == (True, False, False)
    assert made.last_login == NOW


def test_a_returning_sign_in_changes_nothing_but_its_moment():
    first = signs_in(ada())
    again = signs_in(ada(), now=LATER)
    assert again.account == first.account
    assert again.changes == ()
    assert again.roles == {"deployer"}
    assert account(again).last_login == LATER
    linked = LinkedIdentity.objects.get()
    assert (linked.first_seen, linked.last_seen) == (NOW, LATER)


def test_a_returning_sign_in_takes_at_most_eight_queries(django_assert_max_num_queries):
    signs_in(ada("/engineering/platform", "/finance/payroll"))
    with django_assert_max_num_queries(8):  # two for what is kept and what is said of her
        signs_in(ada("/engineering/platform", "/finance/payroll"), now=LATER)


def test_a_returning_sign_in_holds_the_rows_lock():
    signs_in(ada())
    with CaptureQueriesContext(connection) as queries:
        signs_in(ada())
    locks = "FOR NO KEY UPDATE" in queries.captured_queries[0]["sql"]
    assert locks is connection.features.has_select_for_update


def test_profile_follows_the_provider():
    signs_in(ada())
    done = signs_in(changed(ada(), name="Ada Lovelace", email="ada.l@corp.example"))
    assert (done.name, done.email) == ("Ada Lovelace", "ada.l@corp.example")
    assert done.changes == (
        ProfileChanged(
            account=done.account, fields=("name", "email"), source="provider keycloak-corp"
        ),
    )


def test_a_name_without_end_is_cut_and_shows_nothing_that_cannot_be_seen():
    done = signs_in(changed(ada(), name="A\u202e" * 500, username="u" * 1_000))
    account = Account.objects.get()
    assert account.name == done.name == "A" * 200
    assert len(account.username) <= 150
    assert LinkedIdentity.objects.get().username == "u" * 500


def test_what_the_provider_leaves_out_stays():
    signs_in(ada())
    done = signs_in(changed(ada(), name="", email=None, email_verified=False))
    assert (done.name, done.email, done.changes) == ("Ada Byron", "ada@corp.example", ())
    assert LinkedIdentity.objects.get().verified_address == "ada@corp.example"


@pytest.mark.parametrize(
    ("identity", "policy", "vouched"),
    [
        (ada(), BY_EMAIL, True),
        (ada(), LinkPolicy(by_verified_email=False, email_domains=BY_EMAIL.email_domains), True),
        (ada(), NEVER, False),
        (changed(ada(), email="ada@other.example"), BY_EMAIL, False),
        (changed(ada(), email_verified=False), BY_EMAIL, False),
    ],
)
def test_an_address_is_vouched_for_by_a_provider_whose_word_counts_for_its_domain(
    identity, policy, vouched
):
    done = signs_in(identity, policy=policy)
    assert (done.email, done.email_verified) == (identity.email, vouched)


def test_a_vouched_address_is_not_replaced_by_another_providers_bare_word():
    trusting(KEYCLOAK, "corp.example")
    trusting(SAML, "corp.example")
    signs_in(ada(), policy=BY_EMAIL)
    signs_in(ada(provider=SAML), policy=BY_EMAIL)
    done = signs_in(changed(ada(provider=SAML), email="boss@corp.example"), policy=NEVER)
    assert (done.email, done.email_verified) == ("ada@corp.example", True)


def test_who_vouched_for_an_address_can_take_it_back():
    signs_in(ada(), policy=BY_EMAIL)
    done = signs_in(changed(ada(), email_verified=False), policy=BY_EMAIL)
    assert (done.email, done.email_verified) == ("ada@corp.example", False)


def test_an_address_that_is_not_verified_any_more_does_not_count_as_verified():
    signs_in(ada())
    signs_in(changed(ada(), email_verified=False))
    linked = LinkedIdentity.objects.get()
    assert (linked.email_verified, linked.verified_address) == (False, "")


def test_the_username_is_given_once():
    first = signs_in(ada())
    done = signs_in(changed(ada(), username="countess"))
    assert (done.account, done.username) == (first.account, "ada")
    assert LinkedIdentity.objects.get().username == "countess"


def test_another_persons_username_is_never_taken():
    first = signs_in(ada())
    second = signs_in(ada(provider="okta-emea"))
    third = signs_in(ada(provider="google"))
    assert [second.username, third.username] == ["ada-2", "ada-3"]
    assert account(first).username == "ada"
    assert signs_in(person("ada-2", "Eve")).username == "ada-2-2"


@pytest.mark.parametrize(
    ("sent", "given"),
    [
        ("Ada.Byron@Corp.Example", "ada.byron@corp.example"),
        ("zoë", "zoe"),
        ("ａｄａ", "ada"),
        ("\u0430da", "da"),
        ("ada\u202e\x00,payroll", "ada-payroll"),
        ("日本", "person"),
        ("", "person"),
        ("../..", "person"),
        ("a" * 400, "a" * 140),
    ],
)
def test_usernames_are_plain_and_short(sent, given):
    assert signs_in(changed(ada(), username=sent)).username == given


def test_names_of_usernames_that_differ_in_case_or_width_differ_in_more():
    signs_in(ada())
    for sent in ("ADA", "ａｄａ", "áda"):
        assert signs_in(person(sent, "Eve")).username.startswith("ada-")


def test_characters_that_cannot_be_seen_do_not_get_into_the_profile():
    done = signs_in(changed(ada(), name="Ada\u202e\x00 Byron", email="ada@\x00corp.example"))
    assert (done.name, done.email) == ("Ada Byron", None)


@pytest.mark.parametrize(
    "subject",
    [
        Subject(issuer="https://id.corp.example", value=""),
        Subject(issuer="", value="ada"),
        Subject(issuer="https://id.corp.example", value="a" * 501),
        Subject(issuer="https://id.corp.example", value="ada\x00"),
        Subject(issuer="https://id.corp.example", value="ada\u200b"),
    ],
)
def test_a_subject_that_cannot_be_kept_to_the_letter_is_refused(subject):
    with pytest.raises(NotAdmitted):
        signs_in(changed(ada(), subject=subject))
    assert not Account.objects.exists()


def test_a_closed_account_does_not_sign_in():
    done = signs_in(ada())
    close(done.account)
    with pytest.raises(AccountClosed):
        signs_in(ada(), now=LATER)
    assert account(done).last_login == NOW


def test_two_first_sign_ins_of_one_person_at_once_make_one_account():
    with rival_at_savepoint(lambda: signs_in(ada())):
        done = signs_in(ada())
    assert Account.objects.count() == 1
    assert LinkedIdentity.objects.count() == 1
    assert done.changes == ()
    assert done.roles == {"deployer"}


def test_two_people_of_one_username_at_once_get_two_names():
    with rival_at_savepoint(lambda: signs_in(ada(provider="okta-emea"))):
        done = signs_in(ada())
    assert sorted(Account.objects.values_list("username", flat=True)) == ["ada", "ada-2"]
    assert done.username == "ada-2"


def test_everybody_gets_an_account_of_her_own():
    assert len({signs_in(who).account for who in (ada(), ben(), cleo())}) == 3


def test_a_local_account_is_made_once():
    first, changes = jit.local_account("Dora@corp.example", now=NOW)
    assert [type(change) for change in changes] == [AccountCreated]
    assert jit.local_account("dora@corp.example", now=NOW) == (first, ())
    assert jit.returning(first, now=LATER).email == "dora@corp.example"


def test_a_local_account_is_never_one_that_a_provider_vouches_for():
    done = signs_in(ada())
    local, _ = jit.local_account("ada@corp.example", now=NOW)
    assert local != done.account


def test_a_local_account_needs_a_plain_address():
    with pytest.raises(NotAdmitted):
        jit.local_account("dora@corp.example@evil.example", now=NOW)


def test_a_closed_or_unknown_account_does_not_return():
    local, _ = jit.local_account("dora@corp.example", now=NOW)
    close(local)
    with pytest.raises(AccountClosed):
        jit.returning(local, now=NOW)
    with pytest.raises(AccountUnknown):
        jit.returning("00000000-0000-0000-0000-000000000000", now=NOW)
