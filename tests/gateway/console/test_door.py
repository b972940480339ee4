"""Who gets into the console, and what browsers may run there."""

import pytest
from django.urls import reverse

from gateway.console.site import console
from tests.gateway.pages.signed_in import account, browser_of, role, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def every_list() -> list[str]:
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in console._registry
    ]


def test_a_stranger_is_sent_to_the_doors_and_comes_back() -> None:
    client = browser_of(None)
    to_login = client.get("/admin/providers/provider/")
    answer = client.get(to_login["Location"])
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/sign-in?return_to=%2Fadmin%2Fproviders%2Fprovider%2F",
    )


def test_there_is_no_password_to_type_or_change() -> None:
    client = browser_of(staff())
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 302
    assert client.get("/admin/password_change/").status_code == 404


def test_whoever_is_no_staff_is_told_which_role_is_missing_and_whom_to_ask() -> None:
    role("gatehouse-admin", "Gatehouse administrator", whom_to_ask="Dora Lind")
    client = browser_of(account("ada"))
    answer = client.get("/admin/", follow=True)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Gatehouse administrator" in page
    assert "Ask Dora Lind" in page
    assert "script-src 'self';" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("person", ["nobody", "ada"])
def test_no_page_of_the_console_opens_for_anybody_else(person: str) -> None:
    client = browser_of(None if person == "nobody" else account("ada", is_staff=False))
    for address in [*every_list(), "/admin/search/?s=a", "/admin/autocomplete/", "/admin/jsi18n/"]:
        for sent in (client.get(address), client.post(address)):
            assert sent.status_code == 302, address
            assert sent["Location"].startswith("/admin/login/"), address


def test_staff_without_permissions_see_that_they_have_none() -> None:
    client = browser_of(staff(permissions=""))
    assert "don’t have permission" in client.get("/admin/").content.decode()
    assert [client.get(address).status_code for address in every_list()] == [403] * len(
        every_list()
    )


DESKS = {
    "/admin/providers/provider/": "/console/providers/",
    "/admin/mapping/rulesetversion/": "/console/mapping/",
    "/admin/provisioning/account/": "/console/people/",
}


def test_staff_see_every_list_in_the_rail() -> None:
    client = browser_of(staff())
    overview = client.get("/admin/").content.decode()
    for address in every_list():
        desk = DESKS.get(address, address)
        assert f'href="{desk}"' in overview
        assert client.get(address).status_code == client.get(desk).status_code == 200, address


def test_the_consoles_policy_lets_no_inline_script_run_and_nothing_leave() -> None:
    answer = browser_of(staff()).get("/admin/")
    directives = answer["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in directives
    assert "script-src 'self' 'unsafe-eval'" in directives
    assert "connect-src 'self'" in directives
    assert "frame-ancestors 'none'" in directives


def test_signing_out_is_the_gateways_own() -> None:
    answer = browser_of(staff()).post("/admin/logout/")
    assert (answer.status_code, answer["Location"]) == (307, "/sign-out")
