"""She comes by a new provider and joins her old account by proof: signed in, shown, said yes."""

import re
import time

import pytest

from gateway.audit.models import AuditEvent
from gateway.traces.models import LoginTrace
from providers.models import Provider
from provisioning.models import Account, LinkedIdentity
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import SamlProvider
from tests.gateway.leaving import close
from tests.journeys.browser import Browser, visit
from tests.journeys.finding import ENTRY, crowd, hold, partners
from tests.journeys.joining import NEW, OLD, asked, here_before, known_at, page, proves, says

__all__ = ["partners"]


@pytest.fixture(autouse=True)
def _by_proof(partners: OidcProvider) -> None:
    says(link_policy="proof")


def test_she_proves_her_account_sees_both_sides_and_both_lead_to_it(browser: Browser) -> None:
    account = here_before()
    first = asked(browser, return_to=ENTRY)
    assert "You came from Partners as <strong>ada</strong>" in first
    assert known_at(NEW) is None
    back = proves(browser)
    assert (back.status_code, back["Location"]) == (303, "/join")
    assert browser.session is None
    both = page(browser)
    assert "Join this to the account of Ada Byron?" in both
    assert "Corp, as ada" in both
    assert "Partners, as ada" in both
    assert known_at(NEW) is None
    done = browser.post("/join/confirm")
    assert (done.status_code, done["Location"]) == (303, ENTRY)
    assert browser.session is not None
    assert (browser.session.account, browser.session.provider) == (str(account.pk), NEW)
    again = Browser()
    again.sign_in(NEW)
    assert again.session is not None
    assert again.session.account == str(account.pk)
    assert Account.objects.count() == 1


def test_it_is_on_record_who_proved_what(browser: Browser) -> None:
    account = str(here_before().pk)
    asked(browser)
    trace = LoginTrace.objects.latest("at")
    assert trace.failed_check == "provisioning.proof-wanted"
    proves(browser)
    browser.post("/join/confirm")
    proven = AuditEvent.objects.get(event="account.proven")
    assert (proven.account, proven.detail) == (account, {"provider": OLD, "joins": NEW})
    linked = AuditEvent.objects.filter(event="identity.linked").latest("pk")
    assert (linked.account, linked.detail["by"]) == (account, "proof")


def test_nothing_secret_is_on_record_or_in_the_page(browser: Browser) -> None:
    here_before()
    text = asked(browser)
    secret = browser.cookies["__Host-gatehouse-joining"].value
    proves(browser)
    text += page(browser)
    assert secret not in text
    rows = [*AuditEvent.objects.values_list("detail", flat=True)]
    assert secret not in str(rows) + str(list(LoginTrace.objects.values()))


def test_an_account_of_staff_is_joined_by_proof_and_by_nothing_less(browser: Browser) -> None:
    account = here_before("dora")
    assert account.is_staff
    says(link_policy="verified-email", email_domains=["corp.example"])
    says(OLD, link_policy="verified-email", email_domains=["corp.example"])
    assert browser.sign_in(NEW, "dora").status_code == 403
    says(link_policy="proof")
    asked(browser, "dora")
    proves(browser, "dora")
    assert browser.post("/join/confirm").status_code == 303
    assert known_at(NEW) == account


def test_an_address_joins_nothing_where_a_proof_is_asked_for(browser: Browser) -> None:
    says(email_domains=["corp.example"])
    says(OLD, link_policy="verified-email", email_domains=["corp.example"])
    here_before()
    asked(browser)
    assert browser.post("/join/new").status_code == 303
    assert known_at(NEW) != known_at(OLD)


def test_who_is_new_says_so_and_gets_an_account(browser: Browser) -> None:
    asked(browser, return_to=ENTRY)
    done = browser.post("/join/new")
    assert (done.status_code, done["Location"]) == (303, ENTRY)
    assert browser.session is not None
    assert known_at(NEW) is not None


def test_who_is_new_waits_or_is_refused_where_the_row_says_so(browser: Browser) -> None:
    says(newcomers="approval")
    assert "I am new here: ask to be let in" in asked(browser)
    waiting = browser.post("/join/new")
    assert waiting.status_code == 403
    assert "Somebody has to let you in first" in waiting.content.decode()
    says(newcomers="refused")
    assert "I am new here" not in asked(Browser(), "ben")
    other = Browser()
    asked(other, "ben")
    assert other.post("/join/new").status_code == 403
    assert not Account.objects.exists()


def test_a_sign_in_that_no_account_knows_proves_nothing(browser: Browser) -> None:
    here_before()
    asked(browser)
    back = proves(browser, "ben")
    assert back["Location"] == "/join?missed=1"
    assert "No account here is known by that sign-in" in page(browser, "/join?missed=1")
    assert browser.post("/join/confirm").status_code == 400
    assert not LinkedIdentity.objects.filter(username="ben").exists()


def test_the_old_provider_has_to_see_her_anew(idp: OidcProvider, browser: Browser) -> None:
    here_before()
    asked(browser)
    left = browser.post("/join/prove", {"provider": OLD})["Location"]
    assert "prompt=login" in left
    assert "max_age=300" in left
    idp.lie.claims["auth_time"] = int(time.time()) - 3600
    back = browser.get(visit(f"{left}&person=ada").location)
    assert back.status_code == 403
    assert browser.post("/join/confirm").status_code == 400
    assert known_at(NEW) is None


def test_a_provider_that_does_not_say_when_it_saw_her_proves_nothing(
    idp: OidcProvider, browser: Browser
) -> None:
    here_before()
    asked(browser)
    idp.lie.claims["auth_time"] = None
    assert proves(browser).status_code == 403
    assert browser.post("/join/confirm").status_code == 400


def test_a_closed_account_is_proven_to_nobody(browser: Browser) -> None:
    account = here_before()
    asked(browser)
    close(str(account.pk))
    assert proves(browser).status_code == 403
    assert browser.post("/join/confirm").status_code == 400


def test_an_account_closed_after_the_proof_is_not_joined(browser: Browser) -> None:
    account = here_before()
    asked(browser)
    proves(browser)
    close(str(account.pk))
    assert browser.post("/join/confirm").status_code == 403
    assert known_at(NEW) is None
    assert browser.session is None


def test_a_policy_that_changed_meanwhile_counts(browser: Browser) -> None:
    here_before()
    asked(browser)
    proves(browser)
    says(link_policy="never")
    assert browser.post("/join/confirm").status_code == 403
    assert known_at(NEW) is None


@pytest.mark.parametrize("slug", [OLD, NEW])
def test_a_provider_that_was_switched_off_meanwhile_joins_nothing(
    browser: Browser, slug: str
) -> None:
    here_before()
    asked(browser)
    left = browser.post("/join/prove", {"provider": OLD})["Location"]
    back = visit(f"{left}&person=ada").location
    Provider.objects.filter(slug=slug).update(enabled=False)
    browser.get(back)
    assert browser.post("/join/confirm").status_code in (400, 404)
    assert known_at(NEW) is None


def test_the_account_may_be_known_by_saml(saml_idp: SamlProvider, browser: Browser) -> None:
    other = Browser()
    assert other.saml_sign_in("corp-saml", "ada").status_code == 303
    asked(browser)
    left = browser.post("/join/prove", {"provider": "corp-saml"})
    said = visit(f"{left['Location']}&person=ada").body
    form = dict(re.findall(r'name="?(\w+)"? value="([^"]*)"', said))
    back = browser.answer_saml("corp-saml", form)
    assert (back.status_code, back["Location"]) == (303, "/join")
    assert browser.post("/join/confirm").status_code == 303
    assert known_at(NEW) == known_at("corp-saml")


def test_among_many_providers_she_writes_the_address_of_her_account(browser: Browser) -> None:
    crowd(7)
    hold(OLD)
    here_before()
    assert "The work e-mail of your account" in asked(browser)
    left = browser.post("/join/prove", {"login_hint": "ada@corp.example"})
    browser.get(visit(f"{left['Location']}&person=ada").location)
    assert browser.post("/join/confirm").status_code == 303
    assert known_at(NEW) == known_at(OLD)
