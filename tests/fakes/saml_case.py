"""One sign-in over SAML, from the request to the answer, with everything in a test's hands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from providers.connector import AuthenticationRequest
from providers.dialects import DIALECTS
from providers.errors import ResponseInvalid
from providers.identity import ExternalIdentity
from providers.saml.connector import SamlConnector
from providers.saml.settings import parse, parse_secrets
from tests.fakes.cache import MemoryCache
from tests.fakes.saml_messages import Asked, Person, Spoken
from tests.fakes.saml_provider import PEOPLE, SamlProvider, posted
from tests.fakes.saml_question import question_of
from tests.fakes.saml_signing import key_pair

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SERVICE = "https://gateway.corp.example/saml/corp"
SERVICE_KEYS = key_pair("gateway")
SECRETS = {"sp_private_key": SERVICE_KEYS.key, "sp_certificate": SERVICE_KEYS.certificate}
NEXT_KEYS = key_pair("gateway-next")
ROLLING_OVER = SECRETS | {
    "next_sp_private_key": NEXT_KEYS.key,
    "next_sp_certificate": NEXT_KEYS.certificate,
}


def connector_to(
    provider: SamlProvider,
    *,
    dialect: str = "keycloak",
    cache: MemoryCache | None = None,
    secrets: Mapping[str, str] = SECRETS,
    **settings: object,
) -> SamlConnector:
    return SamlConnector(
        slug="corp",
        settings=parse(provider.settings(**settings)),
        secrets=parse_secrets(secrets),
        dialect=DIALECTS[dialect],
        cache=cache or MemoryCache(NOW),
        entity_id=f"{SERVICE}/metadata",
    )


def login_request(*, letter: str = "r", force: bool = False) -> AuthenticationRequest:
    return AuthenticationRequest(
        id=letter * 43,
        provider="corp",
        callback_url=f"{SERVICE}/acs",
        return_to="/",
        nonce="",
        code_verifier="",
        force_authentication=force,
        expires_at=NOW + timedelta(minutes=10),
    )


@dataclass
class Case:
    provider: SamlProvider = field(default_factory=SamlProvider)
    connector: SamlConnector = None  # type: ignore[assignment]
    request: AuthenticationRequest = field(default_factory=login_request)

    def __post_init__(self) -> None:
        if self.connector is None:
            self.connector = connector_to(self.provider)

    @property
    def asked(self) -> Asked:
        return question_of(self.connector.begin(self.request, NOW), SERVICE_KEYS.certificate)

    def said(self, who: Person = PEOPLE["ada"], **changes: object) -> Spoken:
        honest = self.provider.says(self.asked, who, NOW)
        return replace(honest, **changes)  # type: ignore[arg-type]

    def answer(self, who: Person = PEOPLE["ada"], **changes: object) -> etree._Element:
        """Signed, after `changes` to what an honest provider says."""
        return self.provider.answer(self.said(who, **changes))

    def complete(
        self, document: etree._Element | bytes, *, now: datetime = NOW
    ) -> ExternalIdentity:
        return self.connector.complete(self.request, posted(document, self.request.id), now)

    def forget(self) -> None:
        """Lets an answer be used once more."""
        self.connector = replace(self.connector, cache=MemoryCache(NOW))

    def refusal(self, document: etree._Element | bytes, *, now: datetime = NOW) -> str:
        """The name of the check that refuses this document."""
        return refusal(lambda: self.complete(document, now=now))

    def refusal_of(self, who: Person = PEOPLE["ada"], **changes: object) -> str:
        return self.refusal(self.answer(who, **changes))


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(ResponseInvalid) as refused:
        action()
    return refused.value.check
