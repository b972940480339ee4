"""An app demands an age of sign-ins, and a provider never says one: its people are shut out, and
whoever saves the app is told.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.flows.untold_ages import sentence, untold_ages
from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.ages import NEWEST, tells_ages
from gateway.sign_ins.models import SignIn
from providers.models import Provider
from provisioning.models import Account
from tests.gateway.apply.conftest import CORP, operator
from tests.gateway.ending import oidc_provider
from tests.gateway.pages.signed_in import account, start

__all__ = ["operator"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def ada() -> Account:
    return account("ada")


def app(slug: str = "wiki", **fields: object) -> RelyingParty:
    access = [{"path": "/", "roles": [], "public": False}]
    return RelyingParty(**{"slug": slug, "name": slug, "access": access, **fields})


def shut_out(row: RelyingParty) -> tuple[str, ...]:
    return next((names for _, names in untold_ages([row])), ())


AGES = {
    "idle": {"session_idle_minutes": 30},
    "lifetime": {"session_lifetime_minutes": 480},
    "path": {
        "access": [
            {"path": "/", "roles": [], "public": False},
            {"path": "/keys", "roles": [], "public": False, "max_age_minutes": 5},
        ]
    },
}


@pytest.mark.parametrize("fields", AGES.values(), ids=AGES)
def test_each_way_to_demand_an_age_shuts_out_whom_nobody_tells_the_age_of(ada, fields) -> None:
    oidc_provider()
    start(ada, "entra", auth_time_told=False)
    assert shut_out(app(**fields)) == ("Entra",)
    assert shut_out(app()) == ()


def test_an_app_that_is_public_everywhere_shuts_nobody_out(ada) -> None:
    oidc_provider()
    start(ada, "entra", auth_time_told=False)
    public = [{"path": "/", "roles": [], "public": True}]
    assert shut_out(app(access=public, session_idle_minutes=30)) == ()


def test_only_providers_count_that_are_on_and_lead_to_the_app(ada) -> None:
    for slug in ("entra", "google", "okta", "auth0"):
        oidc_provider(slug)
        start(ada, slug, auth_time_told=slug == "okta")
    Provider.objects.filter(slug="auth0").update(enabled=False)
    assert shut_out(app(session_idle_minutes=30)) == ("Entra", "Google")
    assert shut_out(app(session_idle_minutes=30, providers=["google", "okta"])) == ("Google",)
    assert shut_out(app(session_idle_minutes=30, providers=["okta", "auth0"])) == ()


def test_what_a_provider_says_is_seen_by_its_newest_sign_ins(ada) -> None:
    assert tells_ages("entra") is None
    start(ada, "entra", auth_time_told=True)
    assert tells_ages("entra") is True
    rows = [SignIn.objects.get() for _ in range(NEWEST)]
    for at, row in enumerate(rows):
        row.pk, row.handle, row.auth_time_told = None, f"abc.{at}", False
    SignIn.objects.bulk_create(rows[1:])
    assert tells_ages("entra") is True
    SignIn.objects.bulk_create(rows[:1])
    assert tells_ages("entra") is False
    start(ada, "entra", auth_time_told=True)
    assert tells_ages("entra") is True
    assert tells_ages("google") is None


def test_where_nobody_is_signed_in_the_sessions_that_ended_last_tell(ada) -> None:
    start(ada, "entra", auth_time_told=False)
    SignIn.objects.update(ended_at=timezone.now())
    assert tells_ages("entra") is False


def test_of_sessions_from_before_the_upgrade_nothing_is_known(ada) -> None:
    start(ada, "entra")
    SignIn.objects.update(auth_time_told=None)
    assert tells_ages("entra") is None


def test_asking_walks_an_index_and_sorts_nothing(ada) -> None:
    start(ada, "entra")
    SignIn.objects.update(auth_time_told=None)
    with CaptureQueriesContext(connection) as captured:
        tells_ages("entra")
    assert len(captured) == 2
    if connection.vendor == "sqlite":
        for query in captured:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plan = str(cursor.fetchall())
            assert "USING INDEX sign_in_provider" in plan
            assert "TEMP B-TREE" not in plan


def test_of_very_many_providers_five_are_named() -> None:
    assert sentence([str(n) for n in range(8)]).startswith("People of 0, 1, 2, 3, 4 and 3 more ")


def test_applying_a_file_warns_of_it_once_and_a_second_time_nothing(operator, ada) -> None:
    operator.apply(CORP)
    start(ada, auth_time_told=False)
    aged = CORP.replace("    shares:", "    session: {idle_minutes: 30}\n    shares:")
    for verb in (operator.check, operator.apply):
        changed, warned = verb(aged)
        assert changed == "~ relying party wiki: session_idle_minutes: nothing -> 30"
        assert warned.startswith("! relying party wiki: People of Corp could not enter: this prov")
    assert operator.check(aged) == ()
