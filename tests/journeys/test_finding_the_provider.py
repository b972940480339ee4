"""Finding the provider: by the domain of the work e-mail, and among ten thousand."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.flows import domains, limits
from gateway.traces.models import LoginTrace
from providers.models import Provider
from provisioning.models import Account
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import SamlProvider
from tests.gateway.flows.finding import connected
from tests.journeys.browser import Browser, visit
from tests.journeys.finding import ENTRY, crowd, find, hold, shown

# --- by the domain of the work e-mail ---------------------------------------------------------


def test_she_writes_her_address_and_is_signed_in_by_the_provider_of_its_domain(
    idp: OidcProvider, browser: Browser
) -> None:
    crowd(7)
    hold("corp-oidc")
    page = shown(browser.get("/sign-in", data={"return_to": ENTRY}))
    assert 'type="email"' in page
    assert "Company" not in page
    left = browser.post("/sign-in", {"login_hint": " Ada@Corp.Example ", "return_to": ENTRY})
    assert left.status_code == 302
    back = browser.get(visit(f"{left['Location']}&person=ada").location)
    assert (back.status_code, back["Location"]) == (303, ENTRY)
    assert browser.session is not None
    assert browser.session.provider == "corp-oidc"


def test_her_address_goes_to_that_provider_alone_as_a_hint(
    idp: OidcProvider, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    crowd(7)
    hold("corp-oidc")
    left = find(browser, "Ada.Byron@corp.example")
    sent = parse_qs(urlsplit(left["Location"]).query)
    assert sent["login_hint"] == ["Ada.Byron@corp.example"]
    assert left["Location"].startswith(idp.issuer)
    again = find(browser, "Ada.Byron@corp.example", fresh="1")
    assert parse_qs(urlsplit(again["Location"]).query)["prompt"] == ["login"]
    assert "Ada.Byron" not in str(browser.cookies)
    assert "Ada.Byron" not in caplog.text


def test_a_saml_provider_is_found_as_well(
    idp: OidcProvider, saml_idp: SamlProvider, browser: Browser
) -> None:
    hold("corp-saml")
    left = find(browser, "ben@corp.example")
    assert (left.status_code, left["Location"].startswith(saml_idp.base_url)) == (302, True)


def test_an_address_stays_nowhere_when_the_provider_is_away(
    house: None, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    away = {"issuer": "http://127.0.0.1:9", "client_id": "g", "allowed_networks": ["127.0.0.0/8"]}
    connected("corp")
    Provider.objects.update(settings=away)
    hold("corp")
    answer = find(browser, "ada.byron@corp.example")
    assert answer.status_code == 502
    trace = LoginTrace.objects.get()
    kept = [str(value) for value in vars(trace).values()]
    assert "ada.byron" not in answer.content.decode() + caplog.text + "".join(kept)


@pytest.mark.parametrize(
    "address",
    [
        *("ada@other.example", "ada@sub.corp.example", "ada@example", "ada", "", "@corp.example"),
        *("ada@cоrp.example", "ada@corp.example\u202e", "a" * 300 + "@corp.example", "\x00@a.b"),
        *("ada@off.example", "ada@claimed.example", "ada@gmail.com", "<script>@x.example"),
    ],
)
def test_an_unknown_domain_is_one_calm_page_whatever_is_the_matter(
    idp: OidcProvider, browser: Browser, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    connected("off", enabled=False)
    hold("off", "off.example")
    hold("corp-oidc")
    domains.claim("corp-oidc", "claimed.example", actor="dora", now=timezone.now())
    answer = find(browser, address)
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "No sign-in is connected for that domain" in page
    assert 'href="/sign-in?return_to=%2F"' in page
    assert "other.example" not in page
    assert not address or address not in caplog.text


def test_nobody_learns_who_has_an_account(idp: OidcProvider, browser: Browser) -> None:
    """The same answer, from the same questions, none of which is about people."""
    hold("corp-oidc")
    browser.sign_in(person="ada")
    known = Account.objects.get().email
    crowd(7)
    seen = []
    for address in (
        known,
        "nobody@corp.example",
        known.replace("corp", "other"),
        "x@other.example",
    ):
        stranger = Browser()
        stranger.get("/sign-in")
        with CaptureQueriesContext(connection) as asked:
            answer = stranger.post("/sign-in", {"login_hint": address, "return_to": "/"})
        where = answer.get("Location", "")
        sent = set(parse_qs(urlsplit(where).query))
        tables = [query["sql"].split(" WHERE ")[0] for query in asked]
        assert not [sql for sql in tables if "provisioning" in sql]
        seen.append((answer.status_code, sorted(answer.headers), sent, tables))
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert (seen[0][0], seen[2][0]) == (302, 404)


def test_whoever_asks_without_end_is_stopped(
    idp: OidcProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits.Limit.FIND, "_value_", ("find", 3))
    answers = [find(browser, f"ada@{n}.example").status_code for n in range(4)]
    assert answers == [404, 404, 404, 429]


def test_another_site_cannot_write_an_address(idp: OidcProvider, browser: Browser) -> None:
    hold("corp-oidc")
    browser.get("/sign-in")
    answer = browser.cross_site_post("/sign-in", {"login_hint": "ada@corp.example"})
    assert answer.status_code == 403


def test_an_address_of_elsewhere_to_come_back_to_is_refused(
    idp: OidcProvider, browser: Browser
) -> None:
    hold("corp-oidc")
    assert find(browser, "a@corp.example", return_to="https://evil.example").status_code == 400


# --- a handful, and ten thousand --------------------------------------------------------------


def test_a_handful_is_shown_by_name_and_more_are_never_listed(
    idp: OidcProvider, browser: Browser
) -> None:
    crowd(5)
    page = shown(browser.get("/sign-in"))
    assert page.count("Continue with") == 6
    assert 'type="email"' not in page
    connected("seventh")
    page = shown(browser.get("/sign-in"))
    assert page.count("Continue with") == 0
    assert 'type="email"' in page


def test_of_many_the_one_of_last_time_is_the_big_button(
    idp: OidcProvider, browser: Browser
) -> None:
    crowd(7)
    browser.sign_in()
    browser.post("/sign-out")
    page = shown(browser.get("/sign-in"))
    assert page.count("Continue with") == 1
    assert "Continue with Corp" in page
    assert 'type="email"' in page


@pytest.mark.parametrize("remembered", ["nobody", "\x00", "company-00000", "x" * 3000])
def test_what_a_browser_remembers_wrongly_is_passed_over(
    idp: OidcProvider, browser: Browser, remembered: str
) -> None:
    crowd(7, enabled=False)
    crowd_of_others = [connected(f"other-{n}") for n in range(7)]
    assert crowd_of_others
    answer = browser.get("/sign-in", headers={"Cookie": f"__Host-gatehouse-provider={remembered}"})
    assert "Continue with" not in shown(answer)


@pytest.mark.thorough
def test_ten_thousand_providers_cost_as_much_as_ten(idp: OidcProvider, browser: Browser) -> None:
    hold("corp-oidc")
    measured = []
    for more in (9, 10_000):
        crowd_before = Provider.objects.count()
        Provider.objects.filter(slug__startswith="company").delete()
        crowd(more)
        assert Provider.objects.count() != crowd_before
        with CaptureQueriesContext(connection) as of_the_page:
            page = shown(browser.get("/sign-in", data={"return_to": ENTRY}))
        token = {"login_hint": "ada@corp.example", "return_to": "/"}
        with CaptureQueriesContext(connection) as of_the_answer:
            assert browser.post("/sign-in", token).status_code == 302
        assert len(page) < 6_000
        rows = [
            query["sql"] for query in of_the_page if 'FROM "providers_provider"' in query["sql"]
        ]
        assert rows
        assert all(" LIMIT " in sql for sql in rows), rows
        measured.append((len(of_the_page), len(of_the_answer), len(page)))
    assert measured[0] == measured[1]
    assert measured[0][0] <= 3
    assert measured[0][1] <= 3
