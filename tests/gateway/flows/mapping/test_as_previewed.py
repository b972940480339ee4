"""What is published is what the preview said, person by person."""

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.flows import roles as by_hand
from gateway.flows.mapping import losing, rollout
from gateway.flows.mapping.trying import replay
from mapping import models as mapping_models
from mapping.ruleset import RuleSet
from provisioning.models import Account, LastIdentity
from tests.gateway.flows.mapping.drafters import LATER, NOW, content, roles_of_the_company
from tests.gateway.flows.mapping.staff import identity, provider, publish, roles, signs_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

ROLES = ["deployer", "payroll", "auditor"]
GROUPS = ["/eng/web", "/eng/ops", "/fin/pay"]
CONDITIONS = st.one_of(
    st.sampled_from(GROUPS).map(lambda group: {"claim": "groups", "equals": group}),
    st.just({"claim": "groups", "below": "/eng"}),
    st.just({"not": {"claim": "groups", "equals": "/fin/pay"}}),
    st.just({"cel": 'size(claims.groups) > 1 && "/fin/pay" in claims.groups'}),
)
RULES = st.lists(
    st.builds(
        lambda name, when, role, denies, at: {
            "id": name,
            "when": when,
            ("denies" if denies else "roles"): [role],
            **({"provider": at} if at else {}),
        },
        st.sampled_from("abcdef"),
        CONDITIONS,
        st.sampled_from(ROLES),
        st.integers(0, 4).map(lambda dice: dice == 0),
        st.sampled_from([None, None, "corp-oidc", "saml"]),
    ),
    unique_by=lambda rule: rule["id"],
    max_size=4,
)
CONTENTS = st.builds(
    lambda rules, exclusive, default: content(
        *rules,
        exclusive_roles=[ROLES[:2]] if exclusive else [],
        default_roles={"saml": "auditor"} if default else {},
    ),
    RULES,
    st.booleans(),
    st.booleans(),
)
PEOPLE = st.lists(
    st.tuples(
        st.sets(st.sampled_from(GROUPS)),
        st.sampled_from(["corp-oidc", "saml"]),
        st.booleans(),  # what the provider said is still kept
        st.sampled_from([None, None, *ROLES]),  # given by hand
    ),
    min_size=1,
    max_size=4,
)


def hired(number: int, groups: set[str], at: str, hand: str | None) -> Account:
    person = signs_in(identity(f"p{number}", *sorted(groups), at=at))
    if hand is not None:
        by_hand.grant_by_hand(account=str(person.pk), role=hand, actor="dora", now=NOW)
    return person


def test_everybody_has_after_it_what_the_preview_said_and_doing_it_again_changes_nothing() -> None:
    roles_of_the_company()
    provider()
    provider("saml")

    @settings(max_examples=25, deadline=None)
    @given(before=CONTENTS, after=CONTENTS, people=PEOPLE)
    def same(before, after, people) -> None:
        with transaction.atomic():
            publish(before, now=NOW)
            staff = [hired(n, groups, at, hand) for n, (groups, at, _, hand) in enumerate(people)]
            rollout.run(now=NOW)
            for person, (_, _, kept, _) in zip(staff, people, strict=True):
                if not kept:
                    LastIdentity.objects.filter(linked_identity__account=person).delete()
            wanted = RuleSet.parse(mapping_models.active().version + 1, after)
            everybody, seen = losing.looked_at(mapping_models.active(), wanted, LATER)
            replayed = [replay(str(one.pk), after, now=LATER).after.roles for one in staff]
            publish(after, losing=len(seen.losing), now=LATER)
            rollout.run(now=LATER)
            for person, alone in zip(staff, replayed, strict=True):
                number = everybody.population.known(str(person.pk))
                said = {role for role, holders in seen.after.items() if number in holders}
                assert roles(person) == said == alone
            assert rollout.run(now=LATER) is False
            transaction.set_rollback(True)

    same()
