"""What a guide consists of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from django.utils.functional import Promise

Text = str | Promise


class Value(StrEnum):
    """What a provider's administrator copies from us; the words are ours."""

    REDIRECT_URI = "Redirect URI"
    INITIATE_LOGIN = "Initiate login URI"
    SIGN_OUT = "Sign-out redirect URI"
    BACK_CHANNEL = "Back-channel logout URI"
    UNIVERSAL_LOGOUT = "Universal Logout endpoint"
    JWKS = "Our public keys (JWKS)"
    ACS = "Assertion consumer service (ACS) URL"
    ENTITY_ID = "Our entity id"
    SLO = "Single logout URL"
    METADATA = "Our metadata"


PATHS: Mapping[Value, str] = {
    Value.REDIRECT_URI: "/oidc/{slug}/callback",
    Value.INITIATE_LOGIN: "/sign-in/{slug}",
    Value.SIGN_OUT: "/oidc/{slug}/signed-out",
    Value.BACK_CHANNEL: "/oidc/{slug}/backchannel-logout",
    Value.UNIVERSAL_LOGOUT: "/signals/{slug}/global-token-revocation",
    Value.JWKS: "/oidc/{slug}/jwks.json",
    Value.ACS: "/saml/{slug}/acs",
    Value.ENTITY_ID: "/saml/{slug}/metadata",
    Value.SLO: "/saml/{slug}/slo",
    Value.METADATA: "/saml/{slug}/metadata",
}


class Form(Enum):
    """What an answer looks like: a pattern that it must match as a whole, and what to write."""

    HOST = (r"[A-Za-z0-9.-]+(?::\d{1,5})?", "a host such as id.corp.example")
    ADDRESS = (r"https?://[^\s?#@]+", "an address that begins with https://")
    WORD = (r"[^\s/?#@{}]+", "one word, as it stands in the vendor’s own addresses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One thing to say about where the provider is."""

    name: str
    label: Text
    form: Form
    example: str
    help: Text = ""
    trimmed: bool = False  # of slashes at its end
    before: str = ""  # what stands before it in the issuer; an answer with it may be left out

    @property
    def needed(self) -> bool:
        return not self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """One vendor over one protocol.

    `steps` are done there before the form is saved, `afterwards` once it is. `copies` are our
    values by the vendor's own word for each. `issuer` is made of the answers to `asks`. `settings`
    are the vendor's habits. `document` is the vendor's own page that the menu names are from.
    """

    vendor: str
    name: Text
    protocol: str
    dialect: str
    steps: tuple[Text, ...]
    afterwards: tuple[Text, ...] = ()
    copies: tuple[tuple[Value, Text], ...]
    asks: tuple[Ask, ...] = ()
    issuer: str = ""
    client_id: Text = ""
    client_secret: Text = ""
    own_keys: bool = False  # it takes private_key_jwt with our published keys
    settings: Mapping[str, object] = field(default_factory=dict)
    own_keys_settings: Mapping[str, object] = field(default_factory=dict)
    groups: Text
    logout: Text
    document: str

    @property
    def key(self) -> str:
        return f"{self.vendor}-{self.protocol}"

    @property
    def protocol_name(self) -> str:
        return {"oidc": "OpenID Connect", "saml": "SAML 2.0"}[self.protocol]

    @property
    def title(self) -> str:
        """What kind of provider it is."""
        of_vendor = "" if self.vendor == "plain" else f"{self.name}, "
        return f"{of_vendor}{self.protocol_name}"

    def issuer_of(self, answers: Mapping[str, str]) -> str:
        said = {
            ask.name: ask.before + answers[ask.name] if answers[ask.name] else ""
            for ask in self.asks
        }
        return self.issuer.format(**said)

    def answers_in(self, issuer: str) -> dict[str, str] | None:
        """What was answered for this issuer; None for one that this guide would not make."""
        pattern = re.escape(self.issuer)
        for ask in self.asks:
            own = f"(?P<{ask.name}>{ask.form.value[0]})"
            whole = f"(?:{re.escape(ask.before)}{own})?" if ask.before else own
            pattern = pattern.replace(re.escape(f"{{{ask.name}}}"), whole)
        found = re.fullmatch(pattern, issuer)
        return None if found is None else {n: v or "" for n, v in found.groupdict().items()}

    def makes(self, issuer: str) -> bool:
        """Whether its form can show this issuer; empty is that of a row that has none."""
        return not issuer or self.answers_in(issuer) is not None

    def values(self, slug: str, base_url: str) -> tuple[tuple[Text, str], ...]:
        """What to copy: the vendor's word for it, and the address."""
        return tuple(
            (word, base_url + PATHS[value].format(slug=slug)) for value, word in self.copies
        )
