"""What an attacker writes in a state, a name or an address stays text (as CVE-2026-42849)."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.test import RequestFactory

from gateway.relying_parties.pages import (
    MissingRole,
    certificate_page,
    denied_page,
    unavailable_page,
)
from gateway.web.pages import Page, policy, render
from tests.gateway.pages.specimens import HOSTILE, LEAVING, PAGES, hostile_pages

TEMPLATES = Path(settings.ROOT) / "gateway" / "templates"
# Attributes that run or load something.
ACTIVE = ("on", "style", "srcdoc", "formaction", "background", "ping")
ADDRESSES = ("href", "src", "action")


class _Reader(HTMLParser):
    """What a browser would make of a page: its tags, its active attributes, its addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.active: list[str] = []
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name.startswith(ACTIVE):
                self.active.append(f"{tag} {name}={value}")
            if name in ADDRESSES:
                self.addresses.append(value or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shown(page: Page, status: int = 200) -> str:
    request = RequestFactory().get("/sign-in", HTTP_HOST="gateway.corp.localhost:8000")
    return render(request, page, status=status).content.decode()


def edge_pages(text: str) -> list[str]:
    branding = settings.ENVIRONMENT.branding
    return [
        denied_page(
            app_name=text,
            origin="https://payroll.other.example",
            roles=[MissingRole(label=text, whom_to_ask=text)],
            contact=text,
            gateway_url="https://gateway.corp.example",
            branding=branding,
        ),
        certificate_page(app_name=text, contact=text, branding=branding),
        unavailable_page(app_name=text, branding=branding),
    ]


@pytest.mark.parametrize("name", sorted(hostile_pages()))
def test_a_hostile_text_makes_no_element_and_no_attribute(name: str) -> None:
    page = hostile_pages()[name]
    html = shown(page)
    read = _Reader(html)
    assert "img" not in read.tags
    assert read.tags.count("script") == html.count('<script src="/static/')
    assert read.active == []
    assert any(HOSTILE in text for text in read.texts) or name == "post-binding"


@pytest.mark.parametrize("html", edge_pages(HOSTILE), ids=["denied", "certificate", "unavailable"])
def test_nor_does_it_on_the_pages_of_the_edge(html: str) -> None:
    read = _Reader(html)
    assert "img" not in read.tags
    assert read.tags.count("script") <= 1
    assert read.active == []
    assert any(HOSTILE in text for text in read.texts)


def test_the_form_that_leaves_carries_a_hostile_relay_state_as_it_is_and_no_further() -> None:
    read = _Reader(shown(hostile_pages()["post-binding"]))
    assert read.tags.count("form") == 1
    assert read.tags.count("input") == 2


@pytest.mark.parametrize("name", sorted(hostile_pages()))
def test_no_address_on_a_page_is_a_script(name: str) -> None:
    addresses = _Reader(shown(hostile_pages()[name])).addresses
    assert [a for a in addresses if not a.startswith(("/", "#", "mailto:", "https://")) and a] == []
    assert [a for a in addresses if a.startswith("//")] == []


def test_no_template_turns_escaping_off() -> None:
    loose = {}
    for file in TEMPLATES.rglob("*.html"):
        text = file.read_text()
        for word in ("|safe", "autoescape off", "safeseq", "<style>", "javascript:"):
            # The edge's frame has one style and one script of our own inside.
            if word in text and not (word == "<style>" and file.parent.name == "edge"):
                loose[file.name] = word
    assert loose == {}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_page_forbids_inline_scripts_framing_and_keeping(name: str) -> None:
    page, status = PAGES[name]
    request = RequestFactory().get("/", HTTP_HOST="gateway.corp.localhost:8000")
    answer = render(request, page, status=status)
    directives = answer["Content-Security-Policy"].split("; ")
    assert answer.status_code == status
    assert answer["Cache-Control"] == "no-store"
    assert {
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    } <= set(directives)
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_only_pages_that_leave_may_send_a_form_elsewhere() -> None:
    leaving = {type(page).__name__ for page, _ in PAGES.values() if page.leaves}
    assert leaving | {type(LEAVING).__name__} == {
        "SignedOutPage",
        "AddressPage",
        "AskingPage",
        "PostBindingPage",
        "UnsolicitedPage",
        "InvitedPage",
        "JoinPage",
        "JoinBothPage",
    }
    assert "form-action 'self';" in policy(settings.ENVIRONMENT.branding, leaves=False)


def test_unavailable_says_when_to_come_back() -> None:
    page, status = PAGES["unavailable"]
    answer = render(RequestFactory().get("/"), page, status=status)
    assert answer["Retry-After"] == "60"


def test_the_companys_logo_is_the_only_picture_from_elsewhere() -> None:
    branding = replace(settings.ENVIRONMENT.branding, logo_url="https://cdn.corp.example/logo.svg")
    assert "img-src 'self' https://cdn.corp.example;" in policy(branding, leaves=False)
    assert "img-src 'self';" in policy(replace(branding, logo_url="/static/x.svg"), leaves=False)
