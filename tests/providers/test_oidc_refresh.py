"""A provider that is asked again by refresh token, at the connector itself."""

import json
from collections.abc import Iterator

import pytest
from joserfc.jwk import RSAKey

from providers.connector import Refreshes
from providers.errors import ResponseInvalid
from providers.oidc.client_keys import published
from providers.oidc.settings import parse
from tests.fakes.oidc_case import OidcCase, oidc_case
from tests.fakes.oidc_encryption import Encryption
from tests.fakes.oidc_provider import CLIENT_SECRET

KEY = RSAKey.generate_key(2048)
SETTINGS = parse({"issuer": "https://idp.corp.example", "client_id": "gatehouse"})


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        held = {
            "client_secret": CLIENT_SECRET,
            "decryption_key": json.dumps(KEY.as_dict(private=True)),
        }
        made.connect(id_token_encrypted=True, recheck_minutes=30, secrets=held)
        made.idp.id_token_encrypted = True
        made.idp.encryption = Encryption(jwks=lambda: published(SETTINGS, held))
        yield made


def test_an_encrypted_id_token_is_opened_when_the_provider_is_asked_again_too(case):
    assert isinstance(case.connector, Refreshes)
    ada = case.login("ada")
    kept: list[str] = []
    again = case.connector.refresh(ada.renewal, kept.append, case.now)
    assert (again.subject, again.name) == (ada.subject, "Ada Byron")
    assert len(kept) == 1
    assert again.logout_hint.count(".") == 2  # as it was signed


def test_an_id_token_that_comes_unencrypted_when_asked_again_is_refused(case):
    ada = case.login("ada")
    case.idp.id_token_encrypted = False
    with pytest.raises(ResponseInvalid) as error:
        case.connector.refresh(ada.renewal, lambda _renewal: None, case.now)
    assert error.value.check == "id_token.encryption"
