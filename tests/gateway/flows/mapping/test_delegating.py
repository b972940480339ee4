"""Ada drafts the rules for one provider's people: those, and nothing that can concern others."""

import pytest
from django.contrib.auth.models import Permission
from guardian.models import UserObjectPermission

from gateway.flows import configure
from gateway.flows.errors import NotPermitted
from gateway.flows.mapping import delegating, drafting, permits, presence, publishing, reviewing
from mapping import models as mapping_models
from mapping.models import Draft
from providers.errors import ProviderUnknown
from providers.models import Provider
from provisioning.errors import AccountUnknown
from provisioning.models import Account, HeldRole
from tests.gateway.flows.mapping.drafters import (
    LATER,
    NOW,
    ben,
    cleo,
    content,
    dora,
    everything,
    nobody,
    permitted,
    roles_of_the_company,
    rule,
    told,
)
from tests.gateway.pages.signed_in import staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

EMEA = rule("emea", provider="okta-emea")
APAC = rule("apac", provider="okta-apac")
ALL = rule("all")
EXCLUSIVE = {"exclusive_roles": [["deployer", "auditor"]]}


@pytest.fixture(autouse=True)
def _rules() -> None:
    roles_of_the_company()
    for slug in ("okta-emea", "okta-apac"):
        Provider.objects.create(
            slug=slug,
            name=slug.title(),
            protocol="oidc",
            dialect="okta",
            enabled=False,
            settings={"issuer": f"https://{slug}.example", "client_id": "gatehouse"},
        )
    mapping_models.publish(
        content(EMEA, APAC, ALL, default_roles={"okta-apac": "auditor"}),
        based_on=0,
        by="operator",
        now=NOW,
    )


def plain() -> dict[str, object]:
    return mapping_models.active().plain()


def ada() -> str:
    return permitted("ada")


def named() -> str:
    delegating.allow(account=ada(), provider="okta-emea", actor=cleo(), now=NOW)
    return ada()


def with_rules(*rules: dict[str, object], **more: object) -> dict[str, object]:
    return {**plain(), "rules": list(rules), **more}


ALLOWED = {
    "her rule changed": lambda: with_rules(
        rule("emea", ("auditor",), provider="okta-emea"), APAC, ALL
    ),
    "her rule taken away": lambda: with_rules(APAC, ALL),
    "a rule added": lambda: with_rules(EMEA, APAC, ALL, rule("more", provider="okta-emea")),
    "everyone's role there": lambda: with_rules(
        EMEA, APAC, ALL, default_roles={"okta-apac": "auditor", "okta-emea": "deployer"}
    ),
    "another order": lambda: with_rules(ALL, APAC, EMEA),
}
FORBIDDEN = {
    "another provider's rule changed": lambda: with_rules(
        EMEA, rule("apac", ("auditor",), provider="okta-apac"), ALL
    ),
    "another provider's rule taken away": lambda: with_rules(EMEA, ALL),
    "another provider's rule made hers": lambda: with_rules(
        EMEA, rule("apac", provider="okta-emea"), ALL
    ),
    "her rule made another's": lambda: with_rules(rule("emea", provider="okta-apac"), APAC, ALL),
    "her rule made everybody's": lambda: with_rules(rule("emea"), APAC, ALL),
    "everybody's rule made hers": lambda: with_rules(EMEA, APAC, rule("all", provider="okta-emea")),
    "a rule for everybody": lambda: with_rules(EMEA, APAC, ALL, rule("more")),
    "another provider's default role": lambda: with_rules(EMEA, APAC, ALL, default_roles={}),
    "what roles exclude each other": lambda: with_rules(EMEA, APAC, ALL, **EXCLUSIVE),
    "hers and another's at once": lambda: with_rules(ALL),
}


@pytest.mark.parametrize("change", ALLOWED)
def test_she_changes_what_concerns_her_provider_alone(change: str) -> None:
    actor, wanted = named(), ALLOWED[change]()
    draft = drafting.begin("March", actor=actor, now=NOW)
    saved = drafting.save(draft.pk, 1, wanted, actor=actor, now=NOW)
    assert sorted(each["id"] for each in saved.content["rules"]) == sorted(
        each["id"] for each in wanted["rules"]
    )
    drafting.begin("April", wanted, actor=actor, now=NOW)


@pytest.mark.parametrize("change", FORBIDDEN)
def test_she_changes_nothing_that_can_concern_others(change: str) -> None:
    actor, wanted = named(), FORBIDDEN[change]()
    draft = drafting.begin("March", actor=actor, now=NOW)
    with pytest.raises(NotPermitted):
        drafting.save(draft.pk, 1, wanted, actor=actor, now=NOW)
    with pytest.raises(NotPermitted):
        drafting.begin("April", wanted, actor=actor, now=NOW)
    others = drafting.save(draft.pk, 1, wanted, actor=dora(), now=NOW)
    # Nor does she hand in, move, drop or open again what somebody else changed there.
    for refused in (
        lambda: reviewing.submit(draft.pk, others.edition, actor=actor, now=NOW),
        lambda: drafting.rebase(draft.pk, others.edition, actor=actor, now=NOW),
        lambda: drafting.drop(draft.pk, others.edition, actor=actor, now=NOW),
    ):
        with pytest.raises(NotPermitted):
            refused()
    reviewing.submit(draft.pk, others.edition, actor=dora(), now=NOW)
    with pytest.raises(NotPermitted):
        reviewing.take_back(draft.pk, others.edition, actor=actor, now=NOW)


def test_she_takes_her_draft_all_the_way_but_for_the_last_steps() -> None:
    actor = named()
    draft = drafting.begin("March", ALLOWED["a rule added"](), actor=actor, now=NOW)
    drafting.remark(draft.pk, "Look", actor=actor, now=NOW)
    assert presence.seen(draft.pk, actor=actor, now=NOW).edition == 1
    reviewing.submit(draft.pk, 1, actor=actor, now=NOW)
    for refused in (
        lambda: reviewing.approve(draft.pk, 1, actor=actor, now=NOW),
        lambda: publishing.publish_draft(draft.pk, 1, "", actor=actor, now=NOW),
        lambda: publishing.roll_back(0, "", based_on=1, actor=actor, now=NOW),
        lambda: delegating.allow(account=actor, provider="okta-apac", actor=actor, now=NOW),
    ):
        with pytest.raises(NotPermitted):
            refused()
    reviewing.take_back(draft.pk, 1, actor=actor, now=NOW)
    drafting.drop(draft.pk, 1, actor=actor, now=NOW)


def test_her_draft_moves_onto_what_others_published() -> None:
    actor = named()
    draft = drafting.begin("March", ALLOWED["a rule added"](), actor=actor, now=NOW)
    mapping_models.publish(
        with_rules(EMEA, rule("apac", ("payroll",), provider="okta-apac"), rule("new")),
        based_on=1,
        by="operator",
        now=LATER,
    )
    moved = drafting.rebase(draft.pk, 1, actor=actor, now=LATER)
    assert [each["id"] for each in moved.content["rules"]] == ["emea", "apac", "new", "more"]


def test_her_draft_does_not_take_back_what_is_everybodys_by_now() -> None:
    actor = named()
    wanted = ALLOWED["her rule changed"]()
    draft = drafting.begin("March", wanted, actor=actor, now=NOW)
    mapping_models.publish(
        with_rules(rule("emea"), APAC, ALL), based_on=1, by="operator", now=LATER
    )
    with pytest.raises(NotPermitted):
        drafting.rebase(draft.pk, 1, keep={"emea": "mine"}, actor=actor, now=LATER)
    moved = drafting.rebase(draft.pk, 1, keep={"emea": "theirs"}, actor=actor, now=LATER)
    assert moved.based_on == 2


def test_naming_somebody_is_on_record_once_and_can_be_taken_back() -> None:
    named()
    named()
    account = Account.objects.get(pk=ada())
    assert permits.providers_of(account) == {"okta-emea"}
    assert [one.username for one in delegating.drafters("okta-emea", actor=cleo())] == ["ada"]
    assert delegating.drafters("okta-apac", actor=cleo()) == ()
    for _ in range(2):
        delegating.withdraw(account=ada(), provider="okta-emea", actor=cleo(), now=LATER)
    assert told() == [("rules.delegated", "cleo"), ("rules-delegation.ended", "cleo")]
    assert not permits.may_draft(account)
    with pytest.raises(NotPermitted):
        drafting.begin("March", actor=ada(), now=NOW)


def test_only_whoever_publishes_lets_others_draft() -> None:
    for actor in (dora(), ben(), nobody(), "operator"):
        for refused in (
            lambda who: delegating.allow(account=ada(), provider="okta-emea", actor=who, now=NOW),
            lambda who: delegating.withdraw(
                account=ada(), provider="okta-emea", actor=who, now=NOW
            ),
            lambda who: delegating.drafters("okta-emea", actor=who),
        ):
            with pytest.raises(NotPermitted):
                refused(actor)
    with pytest.raises(ProviderUnknown):
        delegating.allow(account=ada(), provider="no-such", actor=cleo(), now=NOW)
    with pytest.raises(AccountUnknown):
        delegating.allow(account="nobody", provider="okta-emea", actor=cleo(), now=NOW)


def test_the_permission_on_one_provider_is_not_that_on_all_providers() -> None:
    """A role with `providers.*` configures providers; it does not write their rules."""
    eve, every = staff("ada", permissions=""), Permission.objects.all()
    everywhere = every.get(content_type__app_label="providers", codename="draft_rules")
    eve.groups.get().permissions.add(everywhere)
    eve.user_permissions.add(everywhere)
    assert eve.has_perm("providers.draft_rules")
    assert permits.providers_of(eve) == frozenset()
    with pytest.raises(NotPermitted):
        drafting.begin("March", actor=str(eve.pk), now=NOW)


def test_a_person_whose_account_is_closed_drafts_nothing() -> None:
    actor = named()
    Account.objects.filter(pk=actor).update(is_active=False)
    with pytest.raises(NotPermitted):
        drafting.begin("March", actor=actor, now=NOW)


def test_a_provider_that_is_deleted_takes_its_drafters_along() -> None:
    actor = named()
    delegating.allow(account=actor, provider="okta-apac", actor=cleo(), now=NOW)
    person = staff("dora")
    HeldRole.objects.create(
        account=person, role=person.groups.get(), origin="hand", given_by="operator", since=NOW
    )
    configure.delete_provider("okta-emea", actor=everything("eve"), now=LATER)
    again = Provider.objects.create(slug="okta-emea", name="Again", protocol="oidc", dialect="okta")
    assert permits.providers_of(Account.objects.get(pk=actor)) == {"okta-apac"}
    assert delegating.drafters(again.slug, actor=cleo()) == ()
    assert UserObjectPermission.objects.count() == 1  # that for the other one
    assert Draft.objects.count() == 0
