"""An app that demands more than a password of a moment ago, and what the providers say to it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from lxml import etree

from gateway.relying_parties.models import RelyingParty
from tests.fakes.saml_messages import SAML, SAMLP, Asked
from tests.fakes.saml_provider import PEOPLE, SamlProvider, question, received
from tests.fakes.saml_signing import KeyPair, form_field
from tests.journeys.browser import Browser, visit
from tests.journeys.conftest import WIKI

MFA = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
GOLD = ("gold", MFA)  # one word for each of the providers
STRONG = {"acr_values": " ".join(GOLD)}
FRESH = {"max_age": "300"}


def demands(**entry: Any) -> None:
    """Of the wiki's /vault; its other pages take any sign-in."""
    wiki = RelyingParty.objects.get(slug="wiki")
    plain = {"path": "/", "roles": [], "public": False}
    wiki.access = [plain, plain | {"path": "/vault"} | entry]
    wiki.contact = "wiki-owners@corp.example"
    wiki.save()


def entry(**demand: str) -> str:
    """Where the edge sends somebody who lacks this."""
    said = {"id": "abcdefgh12", "origin": WIKI, "nonce": "0" * 64}
    return f"/entry?{urlencode(said | demand)}"


def at_start(browser: Browser, answer: Any) -> tuple[str, dict[str, str]]:
    """Follows the entry's answer to the provider: the address there, and what it is asked."""
    assert answer.status_code == 302, answer.content.decode()
    assert urlsplit(answer["Location"]).path.startswith("/sign-in/")
    left = browser.get(answer["Location"])
    assert left.status_code == 302, left.content.decode()
    query = parse_qs(urlsplit(left["Location"]).query)
    return left["Location"], {name: values[0] for name, values in query.items()}


def through_oidc(browser: Browser, answer: Any, person: str = "ada") -> Any:
    """The way through the OIDC provider and back; the gateway's answer to what it said."""
    url, _ = at_start(browser, answer)
    return browser.get(visit(f"{url}&person={person}").location)


def saml_question(url: str, keys: KeyPair) -> tuple[etree._Element, Asked]:
    root, relay_state = received(urlsplit(url).query, keys.certificate)
    return root, question(root, relay_state)


def saml_says(provider: SamlProvider, asked: Asked, **changes: Any) -> dict[str, str]:
    said = provider.says(asked, PEOPLE["ada"], datetime.now(UTC))
    answer = provider.answer(replace(said, **changes))
    return {"SAMLResponse": form_field(answer), "RelayState": asked.relay_state}


def contexts(root: etree._Element) -> tuple[str, list[str]]:
    """How an AuthnRequest compares, and with what."""
    wanted = root.find(f"{{{SAMLP}}}RequestedAuthnContext")
    assert wanted is not None
    refs = [ref.text or "" for ref in wanted.iter(f"{{{SAML}}}AuthnContextClassRef")]
    return wanted.get("Comparison", ""), refs


def granted(answer: Any) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith(f"{WIKI}/.gatehouse/enter?")


def unmet(answer: Any) -> str:
    """The page that says what was demanded."""
    assert answer.status_code == 403
    page: str = answer.content.decode()
    assert "Wiki asks" in page
    assert "wiki-owners@corp.example" in page
    return page


def stepped_up(browser: Browser, back: Any) -> Any:
    """Follows the way back to the entry."""
    assert back.status_code == 303, back.content.decode()
    return browser.get(back["Location"])
