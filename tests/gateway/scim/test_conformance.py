"""The service against scim2-tester, as a client that knows nothing of it but what it says."""

import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import CheckResult, Status, check_server

from gateway.wsgi import application
from tests.gateway.pages.signed_in import HOST
from tests.gateway.scim.pushing import connected, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]
# Whoever was let go is not let in by leaving the word out (RFC 7643, 4.1.1: `active` is the service
# provider's to define): removing it keeps what was.
STAYS = ("check_remove_attribute", "User", "PATCH modify() did not remove attribute 'active'")


def test_no_check_of_the_tester_fails() -> None:
    connection = connected()
    client = WSGISCIMClient(
        application,
        base_url=f"http://{HOST}/scim/v2/okta",
        headers={"Authorization": f"Bearer {token_of(connection)}"},
    )
    results = check_server(client)
    wrong = [
        f"{one.title}: {one.reason}"
        for one in results
        if one.status in {Status.ERROR, Status.CRITICAL} and _check(one) != STAYS
    ]
    assert [_check(one) for one in results].count(STAYS) == 1
    assert not wrong, "\n".join(wrong)
    passed = {one.title for one in results if one.status is Status.SUCCESS}
    assert len([one for one in results if one.status is Status.SUCCESS]) > 100
    assert {"object_creation", "object_deletion", "object_replacement"} <= passed


def _check(result: CheckResult) -> tuple[str, str | None, str]:
    return str(result.title), result.resource_type, str(result.reason)
