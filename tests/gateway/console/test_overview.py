"""The console's first page: what ends when."""

import pytest
from django.utils import timezone
from lxml import html

from providers.models import Provider
from provisioning.directories.models import Directory, Run
from tests.gateway.ending import in_days, oidc_provider, saml_provider
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def first_page(permissions: str = "*") -> html.HtmlElement:
    answer = browser_of(staff(permissions=permissions)).get("/admin/")
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def headline(page: html.HtmlElement) -> str:
    return page.xpath("string(//h2[@id='forecast-title'])")


def rows(page: html.HtmlElement) -> list[str]:
    found = page.xpath("//table[@class='forecast-table']/tbody/tr")
    return [" ".join(row.text_content().split()) for row in found]


def test_a_certificate_that_ends_is_the_headline_and_leads_to_its_row() -> None:
    row = saml_provider(idp=in_days(12))
    oidc_provider()
    page = first_page()
    assert headline(page) == "2 providers, the signing certificate of okta ends in 12 days"
    [told] = rows(page)
    assert "in time ends in 12 days" in told
    assert "add it beside this one" in told
    address = f"/admin/providers/provider/{row.pk}/change/"
    assert page.xpath("//table[@class='forecast-table']//a/@href") == [address]


def test_the_picture_has_its_words_and_a_dot_for_each_end() -> None:
    saml_provider("okta", idp=in_days(12))
    saml_provider("ping", idp=in_days(2))
    page = first_page()
    [picture] = page.xpath("//svg[@role='img']")
    assert "next 90 days with 2 ends on it" in picture.xpath("string(title)")
    dots = [(dot.get("class"), dot.xpath("string(title)")) for dot in picture.xpath("circle")]
    assert dots == [
        ("urgent", "The signing certificate of ping ends in 2 days"),
        ("due", "The signing certificate of okta ends in 12 days"),
    ]
    assert [float(dot.get("cx")) for dot in picture.xpath("circle")] == [38.9, 113.6]


def test_removals_that_wait_for_a_word_are_shown_and_lead_to_it() -> None:
    directory = Directory.objects.create(
        slug="people", name="People", provider=oidc_provider(), kind="okta", settings={}
    )
    now = timezone.now()
    run = Run.objects.create(
        directory=directory, by="dora", begun_at=now, not_before=now, state=Run.State.HELD
    )
    page = first_page()
    [link] = page.xpath("//section[@aria-labelledby='upcoming-title']//a")
    assert link.text == "Removals of People wait"
    assert link.get("href") == f"/console/directories/people/runs/{run.pk}/"


def test_when_nothing_ends_the_page_says_so() -> None:
    saml_provider()
    page = first_page()
    assert headline(page) == "One provider, nothing ends within 90 days"
    assert page.xpath("//svg[@role='img']") == []
    assert "shown from 90 days before they end" in page.text_content()


def test_of_very_many_the_most_urgent_are_shown_and_the_rest_counted() -> None:
    for number in range(60):
        saml_provider(f"p{number:02}", idp=in_days(12))
    saml_provider("first", idp=in_days(3))
    page = first_page()
    told = rows(page)
    assert len(told) == 50
    assert "of first" in told[0]
    assert "11 more; manage.py doctor names them all." in page.text_content()


def test_a_row_that_cannot_be_read_is_told_and_the_page_opens() -> None:
    Provider.objects.create(slug="odd", name="Odd", protocol="saml", settings={"<b>": 1})
    [told] = rows(first_page())
    assert "The settings of odd" in told
    assert "<b>: is not a setting" in told


def test_whoever_may_not_see_providers_is_told_nothing_about_them() -> None:
    saml_provider(idp=in_days(12))
    page = first_page("view_account")
    assert headline(page) == ""
    assert "okta" not in page.text_content()
