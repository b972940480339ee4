"""What a sign-in asks of the database, counted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import SamlProvider
from tests.journeys.browser import Browser, visit

# Of somebody whose claims are as they were, and of somebody who gains a role and loses one: two
# held roles and two memberships more; of its trace and her provider's domains, of whether any
# domain requires another, one write of what her provider said of her, one look at what it said
# before, one look at whether her provider is on still, one row for the search of sessions and one
# mark on that of the session that this browser had; and on PostgreSQL one lock by which the rules
# stay in force until the commit, which SQLite, of one writer, does not ask for.
LOCKS = 1 if connection.vendor == "postgresql" else 0
RETURNING, CHANGED = 19 + LOCKS, 27 + LOCKS


def queries(answer: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert answer().status_code == 303
    asked = [query["sql"] for query in captured]
    # Permissions on single rows are nobody's business at a sign-in.
    assert not [sql for sql in asked if "guardian" in sql]
    return asked


def test_a_returning_person_over_oidc(idp: OidcProvider, browser: Browser) -> None:
    browser.sign_in(person="ada")
    callback = visit(browser.leave("corp-oidc")).location
    asked = queries(lambda: browser.get(callback))
    assert len(asked) <= RETURNING, asked


def test_a_returning_person_over_saml(saml_idp: SamlProvider, browser: Browser) -> None:
    browser.saml_sign_in(person="ben")
    form = browser.saml_form("corp-saml", "ben")
    asked = queries(lambda: browser.answer_saml("corp-saml", form))
    assert len(asked) <= RETURNING, asked


def test_somebody_who_moved_to_another_group(idp: OidcProvider, browser: Browser) -> None:
    browser.sign_in(person="ada")
    idp.people["ada"] = replace(idp.people["ada"], groups=("/finance/payroll",))
    callback = visit(browser.leave("corp-oidc")).location
    asked = queries(lambda: browser.get(callback))
    assert len(asked) <= CHANGED, asked
