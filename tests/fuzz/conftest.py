"""Each target by its name, over parts that really sign."""

from collections.abc import Callable, Iterator

import pytest

from tests.fakes.oidc_case import OidcCase, oidc_case
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import SamlProvider
from tests.fuzz import callback, oidc, oidc_documents, saml
from tests.fuzz.target import Target
from tests.journeys.conftest import house, idp, saml_idp, service_keys

__all__ = ["house", "idp", "saml_idp", "service_keys"]

OF_SAML: dict[str, Callable[[], Target]] = {
    "saml-response": saml.saml_response,
    "saml-logout": saml.saml_logout,
    "saml-metadata": saml.saml_metadata,
}
OF_OIDC: dict[str, Callable[[OidcCase], Target]] = {
    "discovery": oidc_documents.discovery,
    "jwks": oidc_documents.jwks,
    "id-token": oidc.id_token,
    "userinfo": oidc.userinfo,
    "logout-token": oidc.logout_token,
}
NAMES = [*OF_SAML, *OF_OIDC, "callback"]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def target(request: pytest.FixtureRequest, name: str) -> Iterator[Target]:
    if name in OF_SAML:
        yield OF_SAML[name]()
    elif name in OF_OIDC:
        with oidc_case() as case:
            yield OF_OIDC[name](case)
    else:
        provider: OidcProvider = request.getfixturevalue("idp")
        other: SamlProvider = request.getfixturevalue("saml_idp")
        assert other.entity_id
        yield callback.callback(provider)
