"""Every word that a person reads goes through gettext, and says what it should."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import RequestFactory

from gateway.traces.causes.cause import Kind
from gateway.traces.causes.words import WORDS
from gateway.web.errors import ERRORS
from gateway.web.errors_of_programs import ERRORS_OF_PROGRAMS
from gateway.web.errors_of_scim import ERRORS_OF_SCIM
from gateway.web.pages import ProviderChoice, SignInPage, render
from tests.gateway.pages.specimens import error

TEMPLATES = Path(settings.ROOT) / "gateway" / "templates"
OF_PROGRAMS = ERRORS_OF_PROGRAMS.keys() | ERRORS_OF_SCIM.keys()
JARGON = ("oops", "!", "token", "saml", "oidc", "csrf", "redis", "exception", "assertion")
_TRANSLATED = re.compile(
    r"{% blocktranslate.*?{% endblocktranslate %}|{% translate .*?%}|{% block mood %}\w+", re.DOTALL
)
_NOT_SHOWN = re.compile(r"<(style|script)>.*?</\1>|{%.*?%}|{{.*?}}|<[^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(
    r'\b(?:aria-label|alt|title|placeholder|data-label)="([^"{]*[A-Za-z][^"{]*)"'
)


@pytest.mark.parametrize(
    "file",
    sorted(TEMPLATES.rglob("*.html")),
    ids=lambda file: f"{file.parent.name}/{file.name}",
)
def test_no_word_is_hard_wired(file: Path) -> None:
    text = _TRANSLATED.sub("", file.read_text())
    left = _NOT_SHOWN.sub(" ", text).replace("UTC", "")
    assert re.findall(r"[A-Za-z]{2,}", left) == []
    assert _ATTRIBUTE.findall(text) == []


@pytest.mark.parametrize("code", sorted(ERRORS.keys() - OF_PROGRAMS))
def test_every_error_is_told_without_jargon_or_blame(code: str) -> None:
    told = f"{ERRORS[code].title} {ERRORS[code].sentence}".lower()
    assert [word for word in JARGON if word in told] == []


@pytest.mark.parametrize("kind", list(Kind))
def test_every_class_of_cause_is_told_without_jargon_or_blame(kind: Kind) -> None:
    words = WORDS[kind]
    told = f"{words.title} {words.happened} {words.to_do} {words.to_ask}".lower()
    assert [word for word in JARGON if word in told] == []
    assert "help desk" in str(words.to_ask)


def letter(help_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    environment = settings.ENVIRONMENT
    branding = replace(environment.branding, help_url=help_url)
    monkeypatch.setattr(settings, "ENVIRONMENT", replace(environment, branding=branding))
    return error("provider.response-invalid").mail


def test_the_letter_to_the_help_desk_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = letter("mailto:help@corp.example?cc=x", monkeypatch)
    assert ready.startswith("mailto:help@corp.example?subject=")
    assert "KFWTRMCA" in ready
    assert "%0ATime%3A%202026-03-02%2008%3A41%3A00%20UTC" in ready


def test_without_an_address_the_letter_is_to_nobody_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert letter("https://help.corp.example", monkeypatch).startswith("mailto:?subject=")


def choice(slug: str) -> ProviderChoice:
    return ProviderChoice(slug=slug, name=slug.upper())


def sign_in(*slugs: str, remembered: str = "") -> SignInPage:
    providers = tuple(choice(slug) for slug in slugs)
    return SignInPage(app_name="", return_to="/", providers=providers, remembered=remembered)


def test_the_remembered_provider_is_the_one_big_button() -> None:
    page = sign_in("one", "two", remembered="two")
    assert page.first == choice("two")
    assert page.others == (choice("one"),)


def test_a_provider_that_is_gone_is_not_remembered() -> None:
    page = sign_in("one", "two", remembered="three")
    assert page.first is None
    assert page.others == (choice("one"), choice("two"))


def test_the_only_provider_needs_no_choosing() -> None:
    assert sign_in("one").first == choice("one")


def test_where_to_go_and_who_to_be_travel_with_the_choice() -> None:
    page = SignInPage(app_name="", return_to="/?a=1&b=2", providers=(choice("one"),), fresh=True)
    html = render(RequestFactory().get("/"), page).content.decode()
    assert 'href="/sign-in/one?return_to=%2F%3Fa%3D1%26b%3D2&amp;fresh=1"' in html
