"""What becomes of whom no account knows, as the provider's row says; and what a proof is worth."""

from dataclasses import replace
from datetime import timedelta

import pytest

from providers.models import Provider
from provisioning.changes import AccountCreated, IdentityLinked, Provisioned
from provisioning.errors import (
    AccountClosed,
    ApprovalWanted,
    JoinDeclined,
    LinkConflict,
    NotAdmitted,
    ProofWanted,
)
from provisioning.models import Account, JoinRequest, LinkedIdentity, Unlinked
from provisioning.policy import PROOF_LIFETIME, LinkPolicy, Proof
from provisioning.power import has_power
from tests.provisioning.people import (
    BY_EMAIL,
    KEYCLOAK,
    NEVER,
    NOW,
    SAML,
    STAFF,
    account,
    ada,
    changed,
    close,
    signs_in,
    trusting,
)

pytestmark = pytest.mark.django_db

BY_PROOF = replace(NEVER, by_proof=True)
Newcomers = Provider.Newcomers
NEWCOMER = ada(provider=SAML)


def newcomers(which: Newcomers, policy: LinkPolicy = NEVER) -> LinkPolicy:
    return replace(policy, newcomers=which)


@pytest.fixture
def known() -> Provisioned:
    trusting(KEYCLOAK, "corp.example")
    return signs_in(ada(), policy=BY_EMAIL)


def linked() -> LinkedIdentity:
    return LinkedIdentity.objects.get(provider=KEYCLOAK)


def proof(known: Provisioned, **fields: object) -> LinkPolicy:
    """Given a minute ago, for what came two minutes ago."""
    minute = timedelta(minutes=1)
    given = Proof(
        account=known.account,
        linked=linked().pk,
        asked_at=NOW - 2 * minute,
        given_at=NOW - minute,
    )
    return replace(BY_PROOF, proof=replace(given, **fields))


REFUSING = {
    "refused": (newcomers(Newcomers.REFUSED), NotAdmitted),
    "told": (newcomers(Newcomers.TOLD), NotAdmitted),
    "approval": (newcomers(Newcomers.APPROVAL), ApprovalWanted),
    "proof": (BY_PROOF, ProofWanted),
}


@pytest.mark.parametrize("which", REFUSING)
def test_no_account_is_made_where_the_row_says_so(which):
    policy, error = REFUSING[which]
    with pytest.raises(error):
        signs_in(NEWCOMER, policy=policy)
    assert not Account.objects.exists()


@pytest.mark.parametrize("which", REFUSING)
def test_whom_an_account_knows_comes_in_under_every_policy(known, which):
    assert signs_in(ada(), policy=REFUSING[which][0]).account == known.account


@pytest.mark.parametrize("which", [Newcomers.REFUSED, Newcomers.TOLD, Newcomers.APPROVAL])
def test_a_vouched_address_joins_also_where_no_account_is_made(known, which):
    done = signs_in(NEWCOMER, policy=newcomers(which, BY_EMAIL))
    assert done.account == known.account


def test_whom_scim_told_of_finds_her_account_by_her_address():
    """Its own SCIM connection named the address, and the provider vouches for it at the sign-in."""
    told = told_of()
    policy = newcomers(Newcomers.TOLD, replace(BY_EMAIL, by_verified_email=False))
    assert signs_in(NEWCOMER, policy=policy).account == told.account


OTHERS = {
    "another provider's connection": {"provider": KEYCLOAK},
    "an address that nobody vouched for": {"verified_address": ""},
    "no connection at all": {"issuer": "https://elsewhere.example"},
}


@pytest.mark.parametrize("which", OTHERS)
def test_whom_only_somebody_else_told_of_is_not_let_in(which):
    told_of()
    LinkedIdentity.objects.update(**OTHERS[which])
    policy = newcomers(Newcomers.TOLD, replace(BY_EMAIL, by_verified_email=False))
    with pytest.raises(NotAdmitted):
        signs_in(NEWCOMER, policy=policy)


def test_whom_scim_told_of_is_not_found_by_an_address_that_is_not_the_provider_s_to_give():
    told_of()
    with pytest.raises(NotAdmitted):
        signs_in(NEWCOMER, policy=newcomers(Newcomers.TOLD))
    unverified = changed(NEWCOMER, email_verified=False)
    with pytest.raises(NotAdmitted):
        signs_in(unverified, policy=newcomers(Newcomers.TOLD, BY_EMAIL))


def told_of() -> Provisioned:
    scim = changed(
        NEWCOMER, subject=replace(NEWCOMER.subject, issuer="urn:gatehouse:scim:corp", value="42")
    )
    return signs_in(scim, policy=newcomers(Newcomers.REFUSED, BY_EMAIL).for_told())


# --- by proof --------------------------------------------------------------------------------


def test_a_proof_joins_to_the_account_that_it_is_of(known):
    done = signs_in(NEWCOMER, policy=proof(known))
    assert done.account == known.account
    [made] = [each for each in done.changes if isinstance(each, IdentityLinked)]
    assert made.by == "proof"


def worthless(known: Provisioned) -> dict[str, LinkPolicy]:
    return {
        "too old": proof(known, given_at=NOW - PROOF_LIFETIME),
        "of an identity of nobody": proof(known, linked=0),
        "of no account": proof(known, account="00000000-0000-0000-0000-000000000000"),
        "not asked for": replace(proof(known), by_proof=False),
    }


@pytest.mark.parametrize(
    "which", ["too old", "of an identity of nobody", "of no account", "not asked for"]
)
def test_what_is_no_proof_any_more_joins_nothing(known, which):
    with pytest.raises(LinkConflict):
        signs_in(NEWCOMER, policy=worthless(known)[which])
    assert LinkedIdentity.objects.count() == 1


def test_a_proof_by_an_identity_of_another_account_joins_nothing(known):
    other = signs_in(changed(ada(provider="okta"), username="eve"))
    with pytest.raises(LinkConflict):
        signs_in(NEWCOMER, policy=proof(known, account=other.account))


def test_a_proof_for_a_closed_account_joins_nothing(known):
    close(known.account)
    with pytest.raises(AccountClosed):
        signs_in(NEWCOMER, policy=proof(known))


def test_a_proof_does_not_move_an_identity_that_somebody_has(known):
    other = signs_in(NEWCOMER, policy=NEVER)
    assert signs_in(NEWCOMER, policy=proof(known)).account == other.account


def taken_off(known: Provisioned, when, *, subject: str) -> None:
    Unlinked.objects.create(
        account=account(known), issuer=NEWCOMER.subject.issuer, subject=subject, at=when
    )


@pytest.mark.parametrize("minutes", [0, 1, 2])
def test_a_proof_dies_when_the_identity_is_taken_off_an_account(known, minutes):
    """She came by it, joined it, took it off again in another window: the old proof is dead."""
    taken_off(known, NOW - timedelta(minutes=minutes), subject=NEWCOMER.subject.value)
    with pytest.raises(LinkConflict):
        signs_in(NEWCOMER, policy=proof(known))


def test_a_proof_dies_when_anything_is_taken_off_its_account(known):
    taken_off(known, NOW, subject="another")
    with pytest.raises(LinkConflict):
        signs_in(NEWCOMER, policy=proof(known))


def test_what_was_taken_off_long_ago_is_joined_by_a_new_proof(known):
    taken_off(known, NOW - timedelta(minutes=3), subject=NEWCOMER.subject.value)
    assert signs_in(NEWCOMER, policy=proof(known)).account == known.account


def test_what_was_taken_off_is_never_joined_again_by_an_address(known):
    taken_off(known, NOW - timedelta(days=900), subject=NEWCOMER.subject.value)
    assert signs_in(NEWCOMER, policy=BY_EMAIL).account != known.account


# --- by an administrator ---------------------------------------------------------------------


def request(state: JoinRequest.State, known: Provisioned | None = None, **fields) -> JoinRequest:
    row = {
        "provider": NEWCOMER.provider,
        "issuer": NEWCOMER.subject.issuer,
        "subject": NEWCOMER.subject.value,
        "asked_at": NOW,
        "last_asked_at": NOW,
        "state": state,
        "account": account(known) if known else None,
    }
    return JoinRequest.objects.create(**row | fields)


WAITS = newcomers(Newcomers.APPROVAL)


def test_who_may_join_joins_and_waits_no_more(known):
    request(JoinRequest.State.JOIN, known)
    done = signs_in(NEWCOMER, policy=WAITS)
    assert done.account == known.account
    assert [each.by for each in done.changes if isinstance(each, IdentityLinked)] == ["approval"]
    assert not JoinRequest.objects.exists()


def test_who_may_have_an_account_gets_one(known):
    request(JoinRequest.State.CREATE)
    done = signs_in(NEWCOMER, policy=WAITS)
    assert done.account != known.account
    assert any(isinstance(each, AccountCreated) for each in done.changes)


def test_who_waits_waits_and_who_was_declined_is_told_why():
    row = request(JoinRequest.State.WAITING)
    with pytest.raises(ApprovalWanted):
        signs_in(NEWCOMER, policy=replace(WAITS, by_proof=True))
    row.state, row.reason = JoinRequest.State.DECLINED, "Ask the partners' desk"
    row.save()
    with pytest.raises(JoinDeclined) as declined:
        signs_in(NEWCOMER, policy=WAITS)
    assert declined.value.reason == "Ask the partners' desk"


def test_an_account_that_has_come_to_power_since_the_decision_is_not_joined(known):
    request(JoinRequest.State.JOIN, known)
    Account.objects.filter(pk=known.account).update(is_superuser=True)
    with pytest.raises(LinkConflict):
        signs_in(NEWCOMER, policy=WAITS)


def test_an_account_that_was_closed_since_the_decision_is_not_joined(known):
    request(JoinRequest.State.JOIN, known)
    close(known.account)
    with pytest.raises(AccountClosed):
        signs_in(NEWCOMER, policy=WAITS)


@pytest.mark.parametrize("field", ["provider", "issuer", "subject"])
def test_a_decision_is_about_one_identity_from_one_provider(known, field):
    request(JoinRequest.State.JOIN, known, **{field: "other"})
    with pytest.raises(ApprovalWanted):
        signs_in(NEWCOMER, policy=WAITS)


@pytest.mark.parametrize("which", [Newcomers.REFUSED, Newcomers.TOLD])
def test_a_decision_does_not_outlive_the_policy_under_which_it_was_made(known, which):
    request(JoinRequest.State.JOIN, known)
    with pytest.raises(NotAdmitted):
        signs_in(NEWCOMER, policy=newcomers(which))


def test_an_account_with_a_password_has_power(known):
    """It is for the worst day (break glass), and joins nothing but by its own proof."""
    row = account(known)
    assert not has_power(row, STAFF)
    row.set_password("correct horse battery staple")
    row.save()
    with pytest.raises(LinkConflict):
        signs_in(NEWCOMER, policy=BY_EMAIL)
    assert has_power(row, STAFF)
