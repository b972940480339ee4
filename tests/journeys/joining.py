"""Ada at two providers of her company; the second one is new."""

import re
from typing import Any

from django.middleware.csrf import _get_new_csrf_string

from gateway.login.joining import JOINING
from providers.models import Provider
from provisioning.models import Account, LinkedIdentity
from tests.journeys.browser import CSRF, Browser, visit

OLD, NEW = "corp-oidc", "partners"


def says(slug: str = NEW, **policy: str) -> None:
    assert Provider.objects.filter(slug=slug).update(**policy) == 1


def here_before(person: str = "ada") -> Account:
    """Her account, which the old provider knows."""
    assert Browser().sign_in(OLD, person).status_code == 303
    return LinkedIdentity.objects.get(provider=OLD, username=person).account


def asked(browser: Browser, person: str = "ada", **query: str) -> str:
    """She comes by the new provider, and is asked whether an account is hers: the page."""
    answer = browser.sign_in(NEW, person, **query)
    assert (answer.status_code, answer["Location"]) == (303, "/join"), answer.content.decode()
    assert browser.session is None
    return page(browser)


def page(browser: Browser, address: str = "/join") -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return str(answer.content.decode())


def proves(browser: Browser, person: str = "ada", slug: str = OLD) -> Any:
    """She signs in to her account once more; the gateway's answer when she is back."""
    left = browser.post("/join/prove", {"provider": slug})
    assert left.status_code == 302, left.content.decode()
    return browser.get(visit(f"{left['Location']}&person={person}").location)


def known_at(slug: str) -> Account | None:
    linked = LinkedIdentity.objects.filter(provider=slug).first()
    return linked.account if linked else None


def code(answer: Any) -> str:
    """The help desk's code on a page."""
    [found] = re.findall(r'class="code">([A-Z]{8})<', answer.content.decode())
    return str(found)


def moved(taken: Browser, to: Browser) -> None:
    """Somebody gets at the cookie of a joining, and at nothing else."""
    to.cookies[JOINING] = taken.cookies[JOINING].value


def may_post(browser: Browser) -> None:
    """It has seen a form of ours before."""
    browser.cookies[CSRF] = _get_new_csrf_string()
