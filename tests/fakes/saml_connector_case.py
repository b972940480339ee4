"""The SAML connector and a provider that signs, for the behaviour suite of all connectors."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

from providers.connector import (
    AuthenticationRequest,
    AuthenticationResponse,
    LogoutRequest,
    RedirectBinding,
)
from providers.saml.connector import SamlConnector
from tests.fakes import saml_messages as messages
from tests.fakes.cache import MemoryCache
from tests.fakes.saml_case import NOW, SERVICE_KEYS, connector_to, login_request
from tests.fakes.saml_provider import PEOPLE, SamlProvider, parsed_again, posted, received
from tests.fakes.saml_question import question_of
from tests.fakes.saml_signing import key_pair, sign

_CANCELLED = (
    "urn:oasis:names:tc:SAML:2.0:status:Responder",
    "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed",
)


@dataclass(frozen=True)
class SamlConnectorCase:
    connector: SamlConnector
    cache: MemoryCache
    provider: SamlProvider
    now: datetime = NOW

    def request(self, **changes: object) -> AuthenticationRequest:
        return replace(login_request(), **changes)  # type: ignore[arg-type]

    def sign_in(self, request: AuthenticationRequest, person: str) -> AuthenticationResponse:
        said = self.provider.says(self._asked(request), PEOPLE[person], self.now)
        return posted(self.provider.answer(said), request.id)

    def cancel(self, request: AuthenticationRequest) -> AuthenticationResponse:
        said = self.provider.says(self._asked(request), PEOPLE["ada"], self.now)
        return posted(self.provider.answer(replace(said, status=_CANCELLED)), request.id)

    def forge(self, response: AuthenticationResponse) -> AuthenticationResponse:
        """The same document with somebody else's signatures."""
        document = base64.b64decode(response.fields["SAMLResponse"])
        bare = re.sub(rb"<ds:Signature .*?</ds:Signature>", b"", document, flags=re.DOTALL)
        root = etree.fromstring(bare)
        thief = key_pair("thief")
        assertion = root.find(f"{{{messages.SAML}}}Assertion")
        assert assertion is not None
        sign(assertion, thief)
        sign(root, thief)
        return posted(parsed_again(root), response.fields["RelayState"])

    def sign_out(self, request: LogoutRequest) -> AuthenticationResponse:
        binding = self.connector.end_session(request, self.now)
        assert isinstance(binding, RedirectBinding)
        message, relay_state = received(urlsplit(binding.url).query, SERVICE_KEYS.certificate)
        answer = messages.logout_response(
            issuer=self.provider.entity_id,
            destination=request.return_url,
            in_response_to=message.get("ID", ""),
            status=messages.SUCCESS,
            now=self.now,
        )
        sign(answer, self.provider.keys)
        return posted(answer, relay_state)

    def _asked(self, request: AuthenticationRequest) -> messages.Asked:
        return question_of(self.connector.begin(request, self.now), SERVICE_KEYS.certificate)


@contextmanager
def saml_case() -> Iterator[SamlConnectorCase]:
    cache, provider = MemoryCache(NOW), SamlProvider()
    connector = connector_to(provider, cache=cache)
    yield SamlConnectorCase(connector=connector, cache=cache, provider=provider)
