"""The addresses that name a provider, and what it, or another one, can bring to each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from gateway import wiring
from providers.models import Provider
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_messages import Asked
from tests.fakes.saml_provider import PEOPLE, SamlProvider, asked
from tests.fakes.saml_signing import KeyPair, form_field
from tests.journeys.browser import Browser, state_of, visit

Fields: TypeAlias = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Tenants:
    """`corp` is whom the sign-in was begun at; `other` is another company's."""

    oidc: Mapping[str, OidcProvider]
    saml: Mapping[str, SamlProvider]
    service_keys: KeyPair


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`arrives` makes what `corp` says to a question of this browser, `foreign` what the other
    company can say instead; None where no provider says anything.
    """

    path: str
    protocol: str
    method: str
    methods: tuple[str, ...] = ()  # further ones
    arrives: Callable[[Tenants, Browser], Fields] | None = None
    foreign: Callable[[Tenants, Browser], list[Fields]] | None = None
    also_while_off: bool = False

    def knock(self, browser: Browser, tenant: str, fields: Fields, method: str = "") -> Any:
        """As a browser does that was sent here by a provider's page, or by a script there."""
        path, method = self.path.format(tenant), method or self.method
        if method == "POST":
            # `offer` stands in a form of our own, the others come from the provider's site.
            send = browser.post if "offer" in fields else browser.cross_site_post
            return send(path, fields)
        return browser.client.generic(method, f"{path}?{urlencode(fields)}")


def _brought(url: str) -> Fields:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def code(tenants: Tenants, browser: Browser) -> Fields:
    return _brought(visit(browser.leave("corp-oidc")).location)


def codes_of_another(tenants: Tenants, browser: Browser) -> list[Fields]:
    """Under the state of the sign-in at `corp`; with the other's name in it, and without."""
    state = state_of(browser.leave("corp-oidc"))
    theirs = _brought(visit(browser.leave("other-oidc", person="dora")).location)
    nameless = {"code": theirs["code"], "state": state}
    return [
        nameless,
        nameless | {"iss": tenants.oidc["other"].issuer},
        nameless | {"iss": tenants.oidc["corp"].issuer},
        theirs,  # which answers a sign-in of this browser, but none at `corp`
    ]


def _question(tenants: Tenants, browser: Browser) -> Asked:
    query = urlsplit(browser.leave("corp-saml")).query.removesuffix("&person=ada")
    return asked(query, tenants.service_keys.certificate)


def _form(provider: SamlProvider, question: Asked, **changes: Any) -> Fields:
    said = provider.says(question, PEOPLE["dora"], datetime.now(UTC))
    answer = provider.answer(replace(said, **changes))
    return {"SAMLResponse": form_field(answer), "RelayState": question.relay_state}


def assertion(tenants: Tenants, browser: Browser) -> Fields:
    return _form(tenants.saml["corp"], _question(tenants, browser))


def assertions_of_another(tenants: Tenants, browser: Browser) -> list[Fields]:
    """In the other's own name, and in the name of `corp`: to the very question that is open."""
    question, name = _question(tenants, browser), tenants.saml["corp"].entity_id
    other = replace(tenants.saml["other"], encrypt_to=tenants.service_keys.certificate)
    in_its_name = {"issuer": name, "response_issuer": name}
    return [_form(other, question), _form(other, question, **in_its_name)]


def _offer(provider: SamlProvider, tenant: str, browser: Browser) -> Fields:
    """Of a sign-in that the provider began, as the page holds it that asks whether she wants it."""
    for row in Provider.objects.filter(protocol="saml"):
        row.settings |= {"idp_initiated": True}
        row.save()
    service = f"{wiring.config().base_url}/saml/{tenant}"
    unasked = Asked(id="", issuer=f"{service}/metadata", acs_url=f"{service}/acs", relay_state="")
    nothing = {"in_response_to": None, "response_in_response_to": None}
    fields = _form(provider, unasked, **nothing)
    del fields["RelayState"]
    page = browser.cross_site_post(f"/saml/{tenant}/acs", fields)
    assert page.status_code == 200, page.content.decode()
    return {"offer": page.content.decode().partition('name="offer" value="')[2].partition('"')[0]}


def offer(tenants: Tenants, browser: Browser) -> Fields:
    return _offer(tenants.saml["corp"], "corp-saml", browser)


def offers_of_another(tenants: Tenants, browser: Browser) -> list[Fields]:
    return [_offer(tenants.saml["other"], "other-saml", browser)]


def _leaves(browser: Browser, slug: str) -> Fields:
    """Signs in, then out here and at the provider; what its page brings back."""
    assert browser.sign_in(slug).status_code == 303
    browser.get("/signed-out")
    browser.post("/sign-out")
    return _brought(visit(browser.post("/sign-out/provider")["Location"]).location)


def farewell(tenants: Tenants, browser: Browser) -> Fields:
    return _leaves(browser, "corp-oidc")


def farewells_of_another(tenants: Tenants, browser: Browser) -> list[Fields]:
    return [_leaves(browser, "other-oidc")]


ENTRIES = {
    # By POST our own form asks, which its token must show.
    "start": Entry(path="/sign-in/{}", protocol="oidc", method="GET", methods=("POST",)),
    "start-saml": Entry(path="/sign-in/{}", protocol="saml", method="GET", methods=("POST",)),
    "oidc-callback": Entry(
        path="/oidc/{}/callback",
        protocol="oidc",
        method="GET",
        methods=("POST", "HEAD", "OPTIONS"),  # the last two answer, and take nothing
        arrives=code,
        foreign=codes_of_another,
    ),
    "oidc-jwks": Entry(
        path="/oidc/{}/jwks.json", protocol="oidc", method="GET", also_while_off=True
    ),
    "oidc-signed-out": Entry(
        path="/oidc/{}/signed-out",
        protocol="oidc",
        method="GET",
        methods=("POST",),
        arrives=farewell,
        foreign=farewells_of_another,
    ),
    "saml-acs": Entry(
        path="/saml/{}/acs",
        protocol="saml",
        method="POST",
        arrives=assertion,
        foreign=assertions_of_another,
    ),
    "saml-continue": Entry(
        path="/saml/{}/continue",
        protocol="saml",
        method="POST",
        arrives=offer,
        foreign=offers_of_another,
    ),
    "saml-metadata": Entry(
        path="/saml/{}/metadata", protocol="saml", method="GET", also_while_off=True
    ),
}
