"""Power that a rule denies, or a higher role outranks, for the moment."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group, Permission

from mapping.ruleset import RuleSet
from providers.models import Provider
from provisioning.errors import LinkConflict
from provisioning.models import JoinRequest
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
    signs_in,
    trusting,
)

pytestmark = pytest.mark.django_db

NEWCOMER = ada(provider=SAML)
WAITS = replace(NEVER, newcomers=Provider.Newcomers.APPROVAL)
IT = {"claim": "groups", "equals": "/it"}
ADMINS = {"claim": "groups", "equals": "/it/admins"}
MASKS = {
    "denied": ({"denies": ["operator", STAFF]}, []),
    "outranked": ({"roles": ["visitor"]}, [["visitor", "operator", STAFF]]),
}


@pytest.fixture(params=MASKS)
def masked(request) -> RuleSet:
    """Whoever is in the group holds what the first rule gives her, and it counts for nothing."""
    mask, exclusive = MASKS[request.param]
    return RuleSet.parse(
        2,
        {
            "rules": [
                {"id": "console", "roles": [STAFF], "when": ADMINS},
                {"id": "it", "roles": ["operator"], "when": IT},
                {
                    "id": "mask",
                    **mask,
                    "when": {"any": [IT, ADMINS]},
                },
            ],
            "exclusive_roles": exclusive,
        },
    )


@pytest.mark.parametrize("group", ["/it", "/it/admins"])
def test_power_that_is_masked_for_the_moment_is_power(masked, group):
    """When the mask falls, whoever was joined meanwhile would open the console."""
    trusting(KEYCLOAK, "corp.example")
    operator = Group.objects.create(name="operator")
    operator.permissions.add(Permission.objects.get(codename="view_account"))
    known = signs_in(ada(group), rules=masked, policy=BY_EMAIL)
    row = account(known)
    assert row.held_roles.filter(role__name__in=["operator", STAFF]).exists()
    assert not row.is_staff
    assert not row.groups.filter(permissions__isnull=False).exists()
    assert has_power(row, STAFF)
    with pytest.raises(LinkConflict):
        signs_in(NEWCOMER, policy=BY_EMAIL)
    JoinRequest.objects.create(
        provider=NEWCOMER.provider,
        issuer=NEWCOMER.subject.issuer,
        subject=NEWCOMER.subject.value,
        asked_at=NOW,
        last_asked_at=NOW,
        state=JoinRequest.State.JOIN,
        account=row,
    )
    with pytest.raises(LinkConflict):
        signs_in(NEWCOMER, policy=WAITS)
