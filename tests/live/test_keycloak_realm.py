"""The realm says what the gateway relies on. Seen at a real Keycloak, without the gateway."""

import base64
import hashlib
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.live.keycloak import GATEWAY
from tests.live.keycloak_realm import BrowserAtKeycloak, KeycloakRealm

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
CALLBACK = f"{GATEWAY}/oidc/corp-oidc/callback"


@pytest.fixture
def browser() -> Iterator[BrowserAtKeycloak]:
    made = BrowserAtKeycloak()
    yield made
    made.close()


def start(realm: KeycloakRealm, **changes: str | None) -> str:
    fields = {
        "response_type": "code",
        "client_id": "gatehouse",
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "state": "s",
        "nonce": "n",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
    } | changes
    kept = {name: value for name, value in fields.items() if value is not None}
    return f"{realm.issuer}/protocol/openid-connect/auth?{urlencode(kept)}"


def query(response: httpx.Response) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(response.headers["location"]).query).items()}


def tokens(realm: KeycloakRealm, code: str) -> dict[str, str]:
    answer = httpx.post(
        f"{realm.issuer}/protocol/openid-connect/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        },
        auth=("gatehouse", realm.client_secret),
    )
    return answer.raise_for_status().json()


def claims(realm: KeycloakRealm, browser: BrowserAtKeycloak, username: str) -> dict:
    back = query(browser.sign_in(start(realm), username, realm.password))
    keys = httpx.get(f"{realm.issuer}/protocol/openid-connect/certs").json()
    signing = {"keys": [key for key in keys["keys"] if key["use"] == "sig"]}
    token = tokens(realm, back["code"])["id_token"]
    return jwt.decode(token, KeySet.import_key_set(signing), algorithms=["RS256"]).claims


@pytest.mark.parametrize(
    ("username", "name", "groups"),
    [
        ("ada", "Ada Byron", ["/engineering/platform"]),
        ("ben", "Ben Okafor", ["/finance/payroll"]),
        ("cleo", "Cleo Hart", []),
        ("dora", "Dora Lind", ["/it/admins"]),
    ],
)
def test_each_person_comes_with_name_address_and_groups(keycloak, browser, username, name, groups):
    said = claims(keycloak, browser, username)
    assert said["name"] == name
    assert said["email"] == f"{username}@corp.example"
    assert said["email_verified"] is True
    assert said.get("groups", []) == groups
    assert "employee" in said["realm_access"]["roles"]


def test_the_redirect_names_the_issuer(keycloak, browser):
    back = browser.sign_in(start(keycloak), "ada", keycloak.password)
    assert back.headers["location"].startswith(CALLBACK)
    assert query(back)["iss"] == keycloak.issuer


def test_without_a_challenge_there_is_no_sign_in(keycloak, browser):
    back = browser.open(start(keycloak, code_challenge=None, code_challenge_method=None))
    assert query(back)["error"] == "invalid_request"


def test_no_other_address_is_a_callback(keycloak, browser):
    answer = browser.open(start(keycloak, redirect_uri=f"{CALLBACK}/elsewhere"))
    assert answer.status_code == 400


def test_a_wrong_password_shows_the_form_again(keycloak, browser):
    again = browser.sign_in(start(keycloak), "ada", "wrong")
    assert again.status_code == 200
    assert browser.fill(again, "ada", keycloak.password).status_code == 302


def test_a_changed_group_is_said_at_the_next_sign_in(keycloak, browser):
    keycloak.set_groups("ada", "/finance/payroll")
    assert claims(keycloak, browser, "ada")["groups"] == ["/finance/payroll"]


def test_an_added_person_can_sign_in(keycloak, browser):
    keycloak.add_person("emil", email="emil@corp.example", groups=("/engineering/platform",))
    assert claims(keycloak, browser, "emil")["groups"] == ["/engineering/platform"]


def test_a_disabled_person_cannot_sign_in(keycloak, browser):
    keycloak.disable("cleo")
    assert browser.sign_in(start(keycloak), "cleo", keycloak.password).status_code == 200


def test_signed_in_once_the_form_is_not_shown_again_until_an_admin_ends_it(keycloak, browser):
    browser.sign_in(start(keycloak), "ada", keycloak.password)
    assert browser.open(start(keycloak)).status_code == 302
    keycloak.sign_out_everywhere("ada")
    assert "kc-form-login" in browser.open(start(keycloak)).text


def test_signing_out_comes_back_to_one_address_only(keycloak, browser):
    back = query(browser.sign_in(start(keycloak), "ada", keycloak.password))
    hint = tokens(keycloak, back["code"])["id_token"]
    end = f"{keycloak.issuer}/protocol/openid-connect/logout?"
    lawful = {
        "id_token_hint": hint,
        "post_logout_redirect_uri": f"{GATEWAY}/oidc/corp-oidc/signed-out",
    }
    for elsewhere in ("http://evil.example/", f"{GATEWAY}/elsewhere"):
        asked = urlencode(lawful | {"post_logout_redirect_uri": elsewhere})
        assert browser.open(end + asked).status_code == 400
    answer = browser.open(end + urlencode(lawful))
    assert answer.headers["location"] == f"{GATEWAY}/oidc/corp-oidc/signed-out"
