"""Which accounts are never merged, and which only by a proof of hers."""

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from gateway.flows import merging, roles
from gateway.flows.merging.merging import look
from provisioning import jit, services
from provisioning.directories.models import Directory, Member
from provisioning.errors import AccountUnknown, MergeNeedsProof, MergeUnfit
from provisioning.models import Account, LinkedIdentity, Merge, Source
from provisioning.scim.models import ScimConnection, ScimUser
from tests.gateway.flows.mapping.staff import CORP, LATER, identity, provider, signs_in
from tests.gateway.flows.merging.twice import (
    DORA,
    PARTNERS,
    POWER,
    at_corp,
    at_partners,
    both,
    fresh,
    looked,
    merged,
    snapshot,
)
from tests.gateway.leaving import close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def by_rule(account: Account) -> None:
    identities = {CORP: "/it/x", PARTNERS: "/it/x"}
    at = account.identities.earliest("pk").provider
    signs_in(identity("ada", identities[at], at=at))


def by_hand(account: Account) -> None:
    roles.grant_by_hand(account=str(account.pk), role=POWER, actor="operator", now=LATER)


def superuser(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(is_superuser=True)


def permitted(account: Account) -> None:
    account.user_permissions.set(Permission.objects.filter(codename="view_account"))


def password(account: Account) -> None:
    account.set_password("correct horse battery staple")
    account.save()


def closed_with_power(account: Account) -> None:
    """Nothing of it counts; opened again it would."""
    by_hand(account)
    by_hand(Account.objects.create(username="another", created_at=LATER))  # else it stays open
    close(account.pk, source=Source.COMMAND, by=DORA, at=LATER)
    assert not account.groups.exists()


def masked(account: Account) -> None:
    """She holds the role, and a rule denies it for the time being."""
    at = account.identities.earliest("pk").provider
    signs_in(identity("ada", "/it/x", "/barred/x", at=at))
    assert account.held_roles.filter(role__name=POWER).exists()
    assert not account.groups.filter(name=POWER).exists()


POWERS = [masked, by_rule, by_hand, superuser, permitted, password, closed_with_power]


@pytest.mark.parametrize("gives", POWERS)
@pytest.mark.parametrize("side", [0, 1], ids=["stays", "goes"])
def test_an_account_with_power_is_not_merged_by_an_administrator(gives, side: int) -> None:
    accounts = both()
    gives(accounts[side])
    with pytest.raises(MergeNeedsProof):
        looked(*accounts)
    assert not Merge.objects.exists()


@pytest.mark.parametrize("gives", POWERS)
def test_no_identity_is_taken_out_of_an_account_with_power(gives) -> None:
    """What a hand gave her stays behind, and who signs in by the other one has it alone."""
    ada, gone = both()
    merged(ada, gone)
    gives(fresh(ada))
    before = snapshot()
    for linked in ada.identities.all():
        with pytest.raises(MergeNeedsProof, match="has power"):
            merging.look_at_split(account=str(ada.pk), identity=linked.pk, actor=DORA, now=LATER)
    assert snapshot() == before


@pytest.mark.parametrize("side", [0, 1], ids=["stays", "goes"])
@pytest.mark.parametrize("kind", ["program", "break-glass"])
def test_no_program_and_no_break_glass_account_is_merged(kind: str, side: int) -> None:
    person = at_corp()
    if kind == "program":
        other, _ = services.make("robot", name="R", owner=str(person.pk), contact="", now=LATER)
    else:
        other, _ = jit.break_glass_account("glass@corp.example", now=LATER)
    sides = [str(person.pk), other]
    kept, gone = sides if side else reversed(sides)
    with pytest.raises(MergeUnfit, match="no-person"):
        look(kept=kept, gone=gone, actor=DORA, now=LATER)


def test_nobody_merges_her_own_account() -> None:
    """Whoever may merge would take over somebody else's roles."""
    kept, gone = both()
    for actor in (kept, gone):
        with pytest.raises(MergeUnfit, match="own"):
            look(kept=str(kept.pk), gone=str(gone.pk), actor=str(actor.pk), now=LATER)


def test_an_account_is_not_merged_with_itself_nor_when_it_has_gone_or_nobody_is_left_of_it() -> (
    None
):
    kept, gone = both()
    with pytest.raises(MergeUnfit, match="same"):
        looked(kept, kept)
    merged(kept, gone)
    third = at_partners(name="ada.byron")
    for pair in ((gone, third), (third, gone), (kept, gone), (gone, kept)):
        with pytest.raises(MergeUnfit, match="gone"):
            looked(*pair)
    Account.objects.filter(pk=third.pk).update(erased_at=LATER)
    for pair in ((kept, third), (third, kept)):
        with pytest.raises(MergeUnfit, match="erased"):
            looked(*pair)


@pytest.mark.parametrize("odd", ["", "x", "\0", "1" * 5000, "00000000-0000-0000-0000-000000000000"])
def test_an_odd_id_is_nobody(odd: str) -> None:
    kept = at_corp()
    for pair in ((str(kept.pk), odd), (odd, str(kept.pk))):
        with pytest.raises(AccountUnknown):
            merging.look(kept=pair[0], gone=pair[1], actor=DORA, now=LATER)


def scim_user(connection: ScimConnection, account: Account, name: str) -> ScimUser:
    linked = LinkedIdentity.objects.create(
        account=account,
        issuer=connection.issuer,
        subject=name,
        provider=connection.provider.slug,
        username=name,
        first_seen=LATER,
        last_seen=LATER,
    )
    return ScimUser.objects.create(
        connection=connection,
        linked_identity=linked,
        user_name=name,
        user_name_key=name,
        created_at=LATER,
        modified_at=LATER,
    )


def test_two_people_of_one_scim_connection_are_two() -> None:
    kept, gone = both()
    connection = ScimConnection.objects.create(
        slug="okta", name="Okta", provider=provider(), created_at=LATER
    )
    first, second = scim_user(connection, kept, "ada"), scim_user(connection, gone, "ada.b")
    with pytest.raises(MergeUnfit, match="two-in-scim"):
        looked(kept, gone)
    ScimUser.objects.filter(pk=first.pk).update(deleted_at=timezone.now())
    facts = looked(kept, gone).facts
    assert facts.told.scim == (("Okta", "ada.b"),)
    merged(kept, gone)
    second.refresh_from_db()
    assert second.linked_identity is not None
    assert second.linked_identity.account == kept


def test_two_people_of_one_directory_are_two() -> None:
    kept = at_corp()
    gone = signs_in(identity("ada.byron", "/fin/pay"))
    directory = Directory.objects.create(
        slug="people", name="People", provider=provider(), kind="ldap"
    )
    members = [
        Member.objects.create(directory=directory, subject=name, digest="")
        for name in ("ada", "ada.byron")
    ]
    with pytest.raises(MergeUnfit, match="two-in-directory"):
        looked(kept, gone)
    Member.objects.filter(pk=members[0].pk).update(out=True)
    assert looked(kept, gone).facts.told.directories == (("People", "ada.byron"),)
