"""A failed sign-in in the console: found by its code, explained, with a remedy."""

import pytest

from gateway.traces.models import LoginTrace
from providers.models import Provider
from tests.gateway.console.company import traced
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

TRACES = "/admin/traces/logintrace/"


def provider(dialect: str = "okta") -> Provider:
    return Provider.objects.create(
        slug="corp-oidc", name="Corp", protocol="oidc", dialect=dialect, settings={}
    )


def page_of(trace: LoginTrace) -> str:
    answer = browser_of(staff()).get(f"{TRACES}{trace.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_shows_the_check_what_was_expected_and_what_came_and_the_remedy() -> None:
    row = provider()
    page = page_of(traced())
    for shown in ("id_token.aud", "gatehouse", "payroll", "Set-up here", "as client_id here"):
        assert shown in page
    assert "Okta: Applications &gt; (app) &gt; General &gt; Client Credentials" in page
    assert f"/admin/providers/provider/{row.pk}/change/" in page


def test_the_remedy_is_in_the_words_of_the_providers_vendor() -> None:
    provider("keycloak")
    assert "Keycloak: Clients &gt; (client) &gt; Settings" in page_of(traced())


def test_a_provider_that_is_gone_leaves_its_traces_readable() -> None:
    page = page_of(traced())
    assert "corp-oidc" in page
    assert "as client_id here" in page


def test_a_sign_in_that_went_well_shows_its_steps_and_names_no_cause() -> None:
    steps = [{"name": "account.admitted", "verdict": "passed", "at": 7.5}]
    page = page_of(
        traced(outcome="succeeded", cause="", failed_check="", steps=steps, account="a-1")
    )
    assert "account.admitted" in page
    assert "Failed check" not in page


def test_what_a_provider_said_runs_in_no_page() -> None:
    hostile = "<script>alert(1)</script>"
    steps = [{"name": hostile, "verdict": "failed", "at": 1, "expected": hostile}]
    page = page_of(traced(steps=steps, claims={hostile: {hostile: hostile}}))
    assert hostile not in page


@pytest.mark.parametrize("typed", ["BRDGWXYZ", " brdgwxyz "])
def test_the_code_finds_it_in_the_list_and_in_the_consoles_search(typed: str) -> None:
    trace, other = traced(), traced(reference="QQQQQQQQ")
    client = browser_of(staff())
    listed = client.get(TRACES, {"q": typed}).content.decode()
    assert f"{TRACES}{trace.pk}/change/" in listed
    assert f"{TRACES}{other.pk}/change/" not in listed
    found = client.get("/admin/search/", {"s": typed}).content.decode()
    assert f"{TRACES}{trace.pk}/change/" in found


def test_the_list_is_filtered_by_outcome_cause_and_provider() -> None:
    trace = traced()
    client = browser_of(staff())
    for query, found in (
        ({"outcome__exact": "failed", "cause__exact": "here", "provider": "corp-oidc"}, True),
        ({"outcome__exact": "succeeded"}, False),
        ({"cause__exact": "clock"}, False),
    ):
        page = client.get(TRACES, query).content.decode()
        assert (f"{TRACES}{trace.pk}/change/" in page) is found, query


def test_whoever_may_not_see_traces_finds_none() -> None:
    trace = traced()
    client = browser_of(staff(permissions="view_auditevent"))
    assert client.get(TRACES).status_code == 403
    assert client.get(f"{TRACES}{trace.pk}/change/").status_code == 403
    assert "/logintrace/" not in client.get("/admin/search/", {"s": "BRDGWXYZ"}).content.decode()


def test_nobody_changes_or_deletes_a_trace_by_hand() -> None:
    trace = traced()
    client = browser_of(staff())
    assert client.post(f"{TRACES}{trace.pk}/change/", {"reference": "X"}).status_code == 403
    assert client.get(f"{TRACES}{trace.pk}/delete/").status_code == 403
    assert client.get(f"{TRACES}add/").status_code == 403
