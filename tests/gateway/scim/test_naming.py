"""An externalId that comes later names who signs in just as one that comes at first."""

import pytest

from provisioning.models import Account, LinkedIdentity
from tests.gateway.scim.pushing import ISSUER, Pusher, account, connected, refused, signs_in, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def okta() -> Pusher:
    return Pusher(connected(external_id_is_subject=True))


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_her_first_sign_in_finds_her_account_by_an_external_id_set_later(
    okta: Pusher, method: str
) -> None:
    ada = okta.user()
    if method == "PUT":
        answer = okta.send("PUT", f"/Users/{ada['id']}", user(externalId="00u1"))
    else:
        answer = okta.patch(ada, {"op": "add", "path": "externalId", "value": "00u1"})
    assert answer.status_code == 200, answer.content
    assert LinkedIdentity.objects.get(issuer=ISSUER).subject == "00u1"
    assert signs_in("00u1", "whoever") == account()
    assert Account.objects.count() == 1


def test_of_a_connection_whose_external_id_names_nobody_nothing_is_linked() -> None:
    okta = Pusher(connected())
    ada = okta.user()
    okta.patch(ada, {"op": "add", "path": "externalId", "value": "00u1"})
    assert not LinkedIdentity.objects.filter(issuer=ISSUER).exists()


def test_it_is_not_that_of_somebody_else(okta: Pusher) -> None:
    okta.user("ben", externalId="00u2")
    cleo = signs_in("00u3", "cleo")
    ada = okta.user()
    for taken in ("00u2", "00u3"):
        answer = okta.patch(ada, {"op": "add", "path": "externalId", "value": taken})
        refused(answer, 409, "uniqueness")
    assert LinkedIdentity.objects.get(subject="00u3").account == cleo
    assert "externalId" not in okta.get(f"/Users/{ada['id']}").json()


def test_what_she_took_off_is_not_put_back_by_any_other_change(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    LinkedIdentity.objects.filter(issuer=ISSUER).delete()
    assert okta.patch(ada, {"op": "add", "path": "title", "value": "Dr."}).status_code == 200
    assert not LinkedIdentity.objects.filter(issuer=ISSUER).exists()
