"""GET /api/v1/me: who this session is."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway import wiring
from gateway.sessions import cookie
from gateway.sessions.session import Session
from provisioning.models import Account, AccountAttribute, DeniedRole, HeldRole
from tests.gateway.pages.signed_in import (
    account,
    browser_of,
    cookie_of,
    held_by_rule,
    linked,
    role,
)

pytestmark = pytest.mark.usefixtures("db", "redis_url")
NOON = datetime.now(UTC).replace(microsecond=0)


def signed_in(person: Account, **fields: object) -> object:
    made = {
        "account": str(person.pk),
        "username": person.username,
        "name": person.name,
        "email": person.email,
        "email_verified": True,
        "roles": frozenset({"deployer", "auditor"}),
        "provider": "corp-oidc",
        "upstream_session": None,
        "acr": "urn:mfa",
        "amr": ("pwd", "otp"),
        "authenticated_at": NOON,
        "started_at": NOON,
        "expires_at": NOON + timedelta(hours=10),
        "idle_for": timedelta(hours=1),
        "ruleset": 3,
    }
    token = wiring.session_store().start(Session(**(made | fields)))  # type: ignore[arg-type]
    browser = browser_of(None)
    browser.cookies[cookie.NAME] = cookie_of(token)
    return browser.get("/api/v1/me")


def test_it_says_who_with_the_reason_for_each_role() -> None:
    ada = account("ada")
    rule = held_by_rule(ada, role("deployer", "Deployer"), linked(ada))
    hand = HeldRole.objects.create(
        account=ada, role=role("auditor"), origin="hand", given_by="dora", since=NOON
    )
    held_by_rule(ada, role("payroll"), linked(ada, "s-2"))  # which the session has not yet
    answer = signed_in(ada)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    said = answer.json()
    assert said.pop("roles") == [
        {
            "role": "auditor",
            "label": "Auditor",
            "reasons": [
                {
                    "origin": "hand",
                    "rule": "",
                    "ruleset_version": None,
                    "provider": None,
                    "because": [],
                    "given_by": "dora",
                    "since": told(hand.since),
                }
            ],
        },
        {
            "role": "deployer",
            "label": "Deployer",
            "reasons": [
                {
                    "origin": "rule",
                    "rule": "engineers-deploy",
                    "ruleset_version": 3,
                    "provider": "corp-oidc",
                    "because": ['groups: "/engineering/platform"'],
                    "given_by": "",
                    "since": told(rule.since),
                }
            ],
        },
    ]
    assert said == {
        "account": str(ada.pk),
        "username": "ada",
        "name": "Ada Byron",
        "email": "ada@corp.example",
        "email_verified": True,
        "masked_roles": [],
        "attributes": {},
        "provider": "corp-oidc",
        "acr": "urn:mfa",
        "amr": ["pwd", "otp"],
        "authenticated_at": told(NOON),
        "expires_at": told(NOON + timedelta(hours=10)),
        "idle_seconds": 3600,
    }


def test_a_local_session_has_no_provider_and_maybe_no_address() -> None:
    said = signed_in(account("ada"), provider="", email=None, acr=None, amr=("link",)).json()
    assert (said["provider"], said["email"], said["acr"], said["amr"]) == (
        None,
        None,
        None,
        ["link"],
    )


def test_it_says_what_describes_her_and_which_role_is_masked_and_why() -> None:
    ada = account("ada")
    old, new = linked(ada), linked(ada, "s-2")
    type(old).objects.filter(pk=old.pk).update(last_seen=NOON - timedelta(days=1))
    deployer = role("deployer", "Deployer")
    held_by_rule(ada, deployer, old)
    told = {"account": ada, "rule": "leavers", "ruleset_version": 3}
    DeniedRole.objects.create(
        role=deployer, linked_identity=old, because=["groups: /leaving"], since=NOON, **told
    )
    for identity, value in ((new, "Physics"), (old, "Maths")):
        AccountAttribute.objects.create(
            name="department", value=value, linked_identity=identity, **told
        )
    said = signed_in(ada, roles=frozenset()).json()
    assert said["roles"] == []
    assert said["masked_roles"] == [
        {
            "role": "deployer",
            "label": "Deployer",
            "why": "denied",
            "by": "leavers",
            "because": ["groups: /leaving"],
        }
    ]
    assert said["attributes"] == {"department": "Physics"}


def test_whoever_is_closed_is_nobody() -> None:
    answer = signed_in(account("ada", is_active=False))
    assert (answer.status_code, answer.json()["code"]) == (401, "session.missing")


def told(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
