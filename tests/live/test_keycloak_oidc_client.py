"""What a real Keycloak may ask of its client: keys, pushed requests, forms, and what it encrypts.

The client is a copy of the demo's. Keycloak fetches our keys from a small server, which has them
from where the gateway publishes them: the tests' gateway listens on no port.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from gateway.flows import configure, provider_keys
from gateway.flows.configuration import WantedProvider
from providers.models import Provider
from providers.oidc.client_keys import KeyKind
from tests.fakes.http_server import WebServer, serving
from tests.journeys.browser import Browser
from tests.live.keycloak_realm import KeycloakRealm, posted
from tests.live.person import Person

SLUG = "corp-oidc"
ENCRYPTED = {
    "id.token.encrypted.response.alg": "RSA-OAEP-256",
    "id.token.encrypted.response.enc": "A256GCM",
}


def save(**settings: Any) -> Provider:
    row = Provider.objects.get(slug=SLUG)
    wanted = WantedProvider(
        slug=SLUG,
        name=row.name,
        protocol=row.protocol,
        dialect=row.dialect,
        settings={**row.settings, **settings},
    )
    configure.save_provider(wanted, actor="operator", now=timezone.now())
    return row


def published() -> bytes:
    answer = Browser().get(f"/oidc/{SLUG}/jwks.json")
    assert answer.status_code == 200
    return bytes(answer.content)


class Keys:
    """Our published keys, as Keycloak can reach them."""

    def __init__(self) -> None:
        self.content = b'{"keys": []}'
        self.asked = 0
        self.server: WebServer

    def __call__(self, _environ: object, start: Any) -> list[bytes]:
        self.asked += 1
        start("200 OK", [("Content-Type", "application/jwk-set+json")])
        return [self.content]

    def fetch(self) -> None:
        self.content = published()


@pytest.fixture
def keys() -> Iterator[Keys]:
    made = Keys()
    with serving(made) as server:
        made.server = server
        yield made


@pytest.fixture
def register(
    person: Person, keycloak: KeycloakRealm, keys: Keys
) -> Iterator[Callable[..., dict[str, Any]]]:
    """Makes a client at Keycloak with these attributes; taken away after the test."""
    admin, made = keycloak.admin, []

    def make(authenticator: str = "client-jwt", **attributes: str) -> dict[str, Any]:
        known = admin.get_client(admin.get_client_id("gatehouse"))
        for mapper in known.get("protocolMappers", ()):
            del mapper["id"]
        name = f"gatehouse-{len(made)}-{authenticator}"
        wanted = {
            **{member: value for member, value in known.items() if member not in ("id", "secret")},
            "clientId": name,
            "clientAuthenticatorType": authenticator,
            "attributes": {
                **known["attributes"],
                "use.jwks.url": "true",
                "jwks.url": keys.server.url,
                **{member.replace("_", "."): value for member, value in attributes.items()},
            },
        }
        made.append(admin.create_client(wanted))
        return {"client_id": name}

    yield make
    for client in made:
        admin.delete_client(client)


def by_key(keys: Keys, kind: KeyKind = KeyKind.RSA) -> None:
    """As an administrator does it: keys first, then whoever is to know them."""
    provider_keys.make_first(SLUG, kind, now=timezone.now())
    keys.fetch()


@pytest.mark.parametrize(("kind", "algorithm"), [(KeyKind.RSA, "RS256"), (KeyKind.EC, "ES256")])
@pytest.mark.parametrize("audience", ["issuer", "endpoint"])
def test_the_key_that_keycloak_fetches_from_us_proves_the_client(
    person: Person, register: Any, keys: Keys, kind: KeyKind, algorithm: str, audience: str
) -> None:
    by_key(keys, kind)
    row = register(token_endpoint_auth_signing_alg=algorithm)
    save(
        **row,
        token_endpoint_auth_method="private_key_jwt",
        client_assertion_audience=audience,
    )
    answer = person.sign_in("oidc", "ada")
    assert answer.status_code == 303, answer.content.decode()
    assert keys.asked == 1


def test_a_key_that_was_given_to_keycloak_by_hand_proves_the_client(
    person: Person, register: Any, keys: Keys
) -> None:
    by_key(keys)
    row = register(use_jwks_url="false", use_jwks_string="true", jwks_string=published().decode())
    save(**row, token_endpoint_auth_method="private_key_jwt")
    assert person.sign_in("oidc", "ada").status_code == 303
    assert keys.asked == 0


def test_a_shared_secret_signs_for_the_client(
    person: Person, register: Any, keycloak: KeycloakRealm
) -> None:
    row = register("client-secret-jwt")
    client = keycloak.admin.get_client_id(row["client_id"])
    secret = keycloak.admin.get_client_secrets(client)["value"]
    known = Provider.objects.get(slug=SLUG)
    known.seal_secret("client_secret", secret)
    known.save()
    save(**row, token_endpoint_auth_method="client_secret_jwt")
    assert person.sign_in("oidc", "ada").status_code == 303


def test_keys_are_turned_over_while_people_sign_in(
    person: Person, register: Any, keys: Keys, keycloak: KeycloakRealm
) -> None:
    by_key(keys)
    row = register(**ENCRYPTED)
    save(**row, token_endpoint_auth_method="private_key_jwt", id_token_encrypted=True)

    def signs_in() -> None:
        answer = person.sign_in("oidc", "ada")
        assert answer.status_code == 303, answer.content.decode()

    signs_in()
    provider_keys.publish_next(SLUG, now=timezone.now())
    signs_in()  # Keycloak does not know the next key yet
    keys.fetch()
    keycloak.admin.clear_keys_cache()
    provider_keys.promote(SLUG, early=True, now=timezone.now())
    signs_in()  # it knows the one in use now, and may encrypt to the one before
    keys.fetch()
    signs_in()


@pytest.mark.parametrize(
    "required", [{}, {"require.pushed.authorization.requests": "true"}], ids=["asked", "required"]
)
def test_a_pushed_request_is_all_that_keycloak_takes_and_the_browser_carries_nothing(
    person: Person, register: Any, keys: Keys, required: dict[str, str]
) -> None:
    by_key(keys)
    row = register(**required)
    save(**row, token_endpoint_auth_method="private_key_jwt", par=True)
    address = person.browser.get(f"/sign-in/{SLUG}")["Location"]
    assert parse_qs(urlsplit(address).query).keys() == {"client_id", "request_uri"}
    assert person.sign_in("oidc", "ada").status_code == 303


def test_where_keycloak_requires_a_pushed_request_another_one_is_not_taken(
    person: Person, register: Any, keys: Keys
) -> None:
    """The counter-proof: it is Keycloak who insists."""
    by_key(keys)
    row = register(**{"require.pushed.authorization.requests": "true"})
    save(**row, token_endpoint_auth_method="private_key_jwt")
    page = person.leave("oidc")
    assert "kc-form-login" not in page.text


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        (KeyKind.RSA, "RSA-OAEP-256"),
        (KeyKind.EC, "ECDH-ES"),
        (KeyKind.EC, "ECDH-ES+A128KW"),
        (KeyKind.EC, "ECDH-ES+A256KW"),
    ],
)
@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_an_id_token_that_keycloak_encrypts_to_us_is_opened(
    person: Person, register: Any, keys: Keys, kind: KeyKind, algorithm: str, enc: str
) -> None:
    by_key(keys, kind)
    if "+" in algorithm:
        _meant_for(algorithm, keys)
    row = register(
        **{"id.token.encrypted.response.alg": algorithm, "id.token.encrypted.response.enc": enc}
    )
    save(**row, token_endpoint_auth_method="private_key_jwt", id_token_encrypted=True)
    answer = person.sign_in("oidc", "ada")
    assert answer.status_code == 303, answer.content.decode()
    assert person.browser.session is not None
    assert person.browser.session.roles == {"deployer"}


def _meant_for(algorithm: str, keys: Keys) -> None:
    """A key may be meant for one way to agree on keys, if it is a JWK that says so."""
    row = Provider.objects.get(slug=SLUG)
    key = json.loads(row.secret("decryption_key"))
    row.seal_secret("decryption_key", json.dumps({**key, "alg": algorithm}))
    row.save()
    keys.fetch()


def test_an_encrypted_id_token_still_signs_her_out_at_keycloak(
    person: Person, register: Any, keys: Keys
) -> None:
    by_key(keys)
    row = register(**ENCRYPTED)
    save(**row, token_endpoint_auth_method="private_key_jwt", id_token_encrypted=True)
    person.sign_in("oidc", "ada")
    person.browser.get("/")
    person.browser.post("/sign-out")
    person.browser.get("/signed-out")
    leaving = person.browser.post("/sign-out/provider")
    back = person.at_keycloak.open(leaving["Location"])
    assert person.browser.get(back.headers["location"]).status_code == 200


def test_an_unencrypted_id_token_is_refused_where_the_row_says_encrypted(
    person: Person, register: Any, keys: Keys
) -> None:
    by_key(keys)
    save(**register(), token_endpoint_auth_method="private_key_jwt", id_token_encrypted=True)
    assert person.sign_in("oidc", "ada").status_code == 403


USERINFO = {
    "signed": {"user.info.response.signature.alg": "RS256"},
    "encrypted": {
        "user.info.response.signature.alg": "ES256",
        "user.info.encrypted.response.alg": "RSA-OAEP-256",
        "user.info.encrypted.response.enc": "A256GCM",
    },
}


@pytest.mark.parametrize("form", USERINFO)
def test_userinfo_that_keycloak_signs_or_encrypts_is_taken_and_plain_json_then_not(
    person: Person, register: Any, keys: Keys, form: str
) -> None:
    by_key(keys)
    row = register(**USERINFO[form])
    save(**row, token_endpoint_auth_method="private_key_jwt", userinfo=form)
    answer = person.sign_in("oidc", "ada")
    assert answer.status_code == 303, answer.content.decode()
    save(userinfo="json")
    assert person.sign_in("oidc", "ada").status_code == 403
    plain = register()
    save(**plain, userinfo=form)
    assert person.sign_in("oidc", "ada").status_code == 403


def test_an_answer_that_keycloak_lets_the_browser_post_signs_her_in(
    person: Person, register: Any, keys: Keys
) -> None:
    by_key(keys)
    row = register()
    save(
        **row,
        token_endpoint_auth_method="private_key_jwt",
        response_mode="form_post",
        par=True,
    )
    action, fields = posted(person.prove(person.leave("oidc"), "ada"))
    answer = person.browser.cross_site_post(urlsplit(action).path, fields)
    assert answer.status_code == 303, answer.content.decode()
