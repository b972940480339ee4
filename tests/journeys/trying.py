"""An admin at the console, and a second provider that is not enabled yet."""

import re
from typing import Any

from django.contrib.auth.models import Group, Permission

from providers.models import Provider
from tests.fakes.oidc_case import form_fields
from tests.journeys.browser import Browser, visit


def admin(browser: Browser, *, may: str = "change_provider", slug: str = "corp-oidc") -> Browser:
    """Dora at her desk."""
    staff = Group.objects.get(name="gatehouse-admin")
    staff.permissions.set(Permission.objects.filter(codename=may))
    signed_in = browser.sign_in if slug == "corp-oidc" else browser.saml_sign_in
    assert signed_in(slug, person="dora").status_code == 303
    return browser


def page_of(slug: str) -> str:
    return f"/console/providers/{slug}/test/"


def sets_out(browser: Browser, slug: str, person: str = "ada") -> str:
    """She presses the button; the provider's address, with the person who sits there."""
    assert browser.get(page_of(slug)).status_code == 200
    answer = browser.post(page_of(slug))
    assert answer.status_code == 302, answer.content.decode()
    return f"{answer['Location']}&person={person}"


def comes_back(browser: Browser, slug: str, address: str) -> Any:
    """The gateway's answer to the provider's: by GET, or a form that another site sends."""
    page = visit(address)
    if page.location:
        return browser.get(page.location)
    if Provider.objects.get(slug=slug).protocol == "saml":
        fields = dict(re.findall(r'name="?(\w+)"? value="([^"]*)"', page.body))
        return browser.answer_saml(slug, fields)
    return browser.cross_site_post(f"/oidc/{slug}/callback", form_fields(page.body))


def result_of(browser: Browser, slug: str, person: str = "ada") -> str:
    """The page that a test sign-in ends at."""
    answer = comes_back(browser, slug, sets_out(browser, slug, person))
    assert answer.status_code == 303, answer.content.decode()
    assert answer["Location"].startswith(page_of(slug))
    shown = browser.get(answer["Location"])
    assert shown.status_code == 200
    return shown.content.decode()
