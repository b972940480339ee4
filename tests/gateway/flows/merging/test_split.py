"""An identity becomes an account of its own."""

from datetime import timedelta

import pytest

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import end_dates, merging, roles
from gateway.flows.errors import ChangeStale
from providers.models import Provider
from provisioning.errors import (
    AccountClosed,
    IdentityUnknown,
    MergeNeedsProof,
    MergeUnfit,
    OnlyIdentity,
)
from provisioning.models import Account, LinkedIdentity, Source, Unlinked
from provisioning.scim.models import ScimConnection, ScimUser
from tests.gateway.flows.mapping.staff import CORP, LATER, identity, provider, signs_in
from tests.gateway.flows.merging.twice import (
    DORA,
    PARTNERS,
    at_corp,
    at_partners,
    both,
    fresh,
    hold,
    known_at,
    merged,
    names,
    snapshot,
    split,
)
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import lives, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def ada() -> Account:
    """With two identities."""
    kept, gone = both()
    merged(kept, gone)
    return fresh(kept)


def test_it_takes_its_roles_along_and_signs_in_to_the_new_account(ada: Account) -> None:
    roles.grant_by_hand(account=str(ada.pk), role="auditor", actor="cleo", now=LATER)
    by_corp, by_partners = start(ada), start(ada, PARTNERS)
    new = split(ada)
    assert known_at(PARTNERS) == new
    assert names(new) == {"payroll"}
    assert names(ada) == {"deployer", "auditor"}
    assert new.username == "ada-3"
    assert new.email == "ada@corp.example"
    assert lives(by_corp.handle)
    assert not lives(by_partners.handle)
    session = wiring.session_store().load(by_corp.handle)
    assert session is not None
    assert "payroll" not in session.roles
    assert signs_in(identity("ada", "/fin/pay", at=PARTNERS)) == new
    assert signs_in(identity("ada", "/eng/web")) == ada
    assert Unlinked.objects.filter(account=ada).exists()
    event = AuditEvent.objects.get(event="account.split")
    assert (event.account, event.detail["new"]) == (str(ada.pk), str(new.pk))
    assert AuditEvent.objects.filter(event="account.created", account=str(new.pk)).exists()


def test_a_look_changes_nothing_and_is_what_is_done(ada: Account) -> None:
    key = ada.identities.get(provider=PARTNERS).pk
    said = {"account": str(ada.pk), "identity": key, "actor": DORA, "now": LATER}
    before = snapshot()
    plan = merging.look_at_split(**said)
    assert snapshot() == before
    assert (plan.facts.moved.to.gained, plan.facts.moved.origin.lost) == (("payroll",),) * 2
    signs_in(identity("ada", "/eng/web", at=PARTNERS), now=LATER)
    with pytest.raises(ChangeStale):
        merging.split(**said, digest=plan.digest)
    assert Account.objects.count() == 2


def test_out_of_a_closed_account_comes_a_closed_one_with_the_same_end(ada: Account) -> None:
    """Nobody who was let go is let in again by a split."""
    ends_at = LATER + timedelta(days=9)
    end_dates.move(account=str(ada.pk), ends_at=ends_at, actor=DORA, now=LATER)
    close(ada.pk, source=Source.SCIM, by="scim:okta", at=LATER)
    new = split(ada)
    assert (new.is_active, new.ends_at) == (False, ends_at)
    with pytest.raises(AccountClosed):
        signs_in(identity("ada", at=PARTNERS))


def test_the_only_identity_somebody_else_s_and_none_stay(ada: Account) -> None:
    other = at_partners(name="ben")
    said = {"account": str(other.pk), "actor": DORA, "now": LATER}
    with pytest.raises(OnlyIdentity):
        merging.look_at_split(**said, identity=other.identities.get().pk)
    for key in (ada.identities.first().pk, 0, -1, 10**40):
        with pytest.raises(IdentityUnknown):
            merging.look_at_split(**said, identity=key)


def test_an_emptied_account_is_not_split() -> None:
    kept, gone = both()
    merged(kept, gone)
    key = kept.identities.first().pk
    with pytest.raises(MergeUnfit):
        merging.look_at_split(account=str(gone.pk), identity=key, actor=DORA, now=LATER)


def test_nobody_comes_to_have_power_by_it() -> None:
    """What the one identity gives, the other denies: taken out, it would count."""
    kept, gone = at_corp("/outside/x"), at_partners("/fin/pay")
    from django.contrib.auth.models import Group, Permission

    row = merged(kept, gone)
    assert row
    Group.objects.get(name="payroll").permissions.set(
        Permission.objects.filter(codename="view_account")
    )
    with pytest.raises(MergeNeedsProof):
        split(fresh(kept))


def told_by_scim(ada: Account) -> None:
    """At the other provider, of somebody by another name: it does not go along."""
    connection = ScimConnection.objects.create(
        slug="c", name="C", provider=provider(CORP), created_at=LATER
    )
    LinkedIdentity.objects.filter(account=ada, provider=CORP).update(issuer=connection.issuer)


def at_a_provider_that_went(ada: Account) -> None:
    assert ada.is_active
    Provider.objects.filter(slug=CORP).delete()


def at_a_provider_that_is_off(ada: Account) -> None:
    assert ada.is_active
    Provider.objects.filter(slug=CORP).update(enabled=False)


@pytest.mark.parametrize("left", [told_by_scim, at_a_provider_that_went, at_a_provider_that_is_off])
def test_the_last_identity_that_lets_her_in_stays(ada: Account, left) -> None:
    left(ada)
    with pytest.raises(OnlyIdentity):
        split(ada)
    assert known_at(PARTNERS) == ada


def test_a_word_that_is_held_closes_neither_and_is_held_at_both(ada: Account) -> None:
    """She was the last who could administer when it was said, and can no more."""
    hold(ada)
    key = ada.identities.get(provider=PARTNERS).pk
    plan = merging.look_at_split(account=str(ada.pk), identity=key, actor=DORA, now=LATER)
    assert plan.facts.closed == ()
    new = split(ada)
    for account in (new, fresh(ada)):
        assert account.is_active
        [word] = account.closures.all()
        assert (word.held, word.source, word.by) == (True, "scim", "scim:okta")
    assert names(new) == {"payroll"}
    assert signs_in(identity("ada", "/fin/pay", at=PARTNERS)) == new


def test_sessions_of_another_provider_of_the_same_issuer_end_as_well(ada: Account) -> None:
    provider("partners-too")
    says = provider(PARTNERS).settings
    Provider.objects.filter(slug="partners-too").update(settings=says)
    too, by_corp = start(ada, "partners-too"), start(ada)
    split(ada)
    assert not lives(too.handle)
    assert lives(by_corp.handle)


@pytest.mark.parametrize("named", [True, False], ids=["by externalId", "by her only identity"])
def test_what_scim_tells_of_the_same_person_goes_along(ada: Account, *, named: bool) -> None:
    row = provider(PARTNERS)
    row.settings = {"issuer": f"https://{PARTNERS}.example"}
    row.save()
    connection = ScimConnection.objects.create(
        slug="p", name="P", provider=row, created_at=LATER, external_id_is_subject=named
    )
    linked = LinkedIdentity.objects.create(
        account=ada,
        issuer=connection.issuer,
        subject="x",
        provider=PARTNERS,
        first_seen=LATER,
        last_seen=LATER,
    )
    user = ScimUser.objects.create(
        connection=connection,
        linked_identity=linked,
        user_name="ada",
        user_name_key="ada",
        external_id="ada",
        created_at=LATER,
        modified_at=LATER,
    )
    new = split(ada)
    user.refresh_from_db()
    assert user.linked_identity is not None
    assert user.linked_identity.account == new
    other = ScimUser.objects.filter(pk=user.pk)
    other.update(external_id="somebody-else")
    merged(fresh(ada), fresh(new))
    key = ada.identities.get(provider=PARTNERS, issuer=f"https://{PARTNERS}.example").pk
    plan = merging.look_at_split(account=str(ada.pk), identity=key, actor=DORA, now=LATER)
    assert plan.facts.scim_stays is named
