"""OIDC with a real oidc-provider on Node.js: a second opinion beside Keycloak."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import deliver
from gateway.flows.recheck import recheck
from provisioning.models import Account, UpstreamGrant
from tests.live.keycloak import GATEWAY
from tests.live.keycloak_realm import form_of
from tests.live.node_provider import SLUG, AtNode, NodeProvider, asks_who_she_is
from tests.live.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)  # it calls us while a test runs

CALLBACK = f"/oidc/{SLUG}/callback"
Connect = Callable[..., None]


class Person(Visitor):
    """Somebody with one browser, here and there."""

    def __init__(self, idp: NodeProvider) -> None:
        super().__init__(AtNode(idp.issuer), SLUG, CALLBACK)

    def signs_in(self, username: str = "ada") -> None:
        answer = self.sign_in(username)
        assert answer.status_code == 303, answer.content.decode()
        assert self.browser.session is not None
        assert self.browser.session.roles == {"ada": {"deployer"}, "ben": {"payroll"}}[username]


@pytest.fixture
def ada(node: NodeProvider) -> Iterator[Person]:
    made = Person(node)
    yield made
    made.there.close()


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_she_signs_in_whatever_signs_her_id_token(
    ada: Person, connect: Connect, algorithm: str
) -> None:
    connect({"id_token_signed_response_alg": algorithm}, signing_algorithms=[algorithm])
    ada.signs_in()
    assert Account.objects.get(username="ada").email == "ada@corp.example"


def test_an_algorithm_that_the_row_does_not_name_is_refused(ada: Person, connect: Connect) -> None:
    connect({"id_token_signed_response_alg": "ES256"}, signing_algorithms=["RS256"])
    assert ada.sign_in().status_code == 403


def test_its_answer_comes_as_a_form_where_the_row_asks_for_one(
    ada: Person, connect: Connect
) -> None:
    connect(response_mode="form_post")
    ada.signs_in()


@pytest.mark.parametrize(
    "method", ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"]
)
def test_every_way_of_proving_the_client_is_taken(
    ada: Person, connect: Connect, method: str
) -> None:
    connect({"token_endpoint_auth_method": method}, token_endpoint_auth_method=method)
    ada.signs_in()


def test_a_pushed_request_is_all_that_the_browser_carries(ada: Person, connect: Connect) -> None:
    connect({"require_pushed_authorization_requests": True}, par=True)
    leaving = ada.browser.get(f"/sign-in/{SLUG}")["Location"]
    assert parse_qs(urlsplit(leaving).query).keys() == {"client_id", "request_uri"}
    ada.signs_in()


@pytest.mark.parametrize(
    ("kind", "algorithm"), [("RS256", "RSA-OAEP-256"), ("ES256", "RSA-OAEP-256")]
)
@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_what_it_encrypts_to_us_is_opened(
    ada: Person, connect: Connect, kind: str, algorithm: str, enc: str
) -> None:
    connect(
        {
            "id_token_signed_response_alg": kind,
            "id_token_encrypted_response_alg": algorithm,
            "id_token_encrypted_response_enc": enc,
            "userinfo_signed_response_alg": "RS256",
            "userinfo_encrypted_response_alg": algorithm,
            "userinfo_encrypted_response_enc": enc,
        },
        id_token_encrypted=True,
        userinfo="encrypted",
    )
    ada.signs_in()


def test_signed_userinfo_is_taken_and_plain_userinfo_then_not(
    ada: Person, connect: Connect
) -> None:
    connect({"userinfo_signed_response_alg": "ES256"}, userinfo="signed")
    ada.signs_in()
    connect(userinfo="signed")
    assert ada.sign_in().status_code == 403


def test_keys_that_it_turns_over_while_people_sign_in_stop_nobody(
    node: NodeProvider, ada: Person, connect: Connect
) -> None:
    connect()
    ada.signs_in()
    on_the_way = Person(node)
    page = on_the_way.leave()
    node.turn_keys()  # the keys of a minute ago are nowhere any more
    answer = on_the_way.come_back(on_the_way.there.prove(page, "ben"))
    assert answer.status_code == 303, answer.content.decode()
    for username in ("ada", "ben", "ada"):
        person = Person(node)
        person.signs_in(username)
        person.there.close()
    on_the_way.there.close()


def test_it_asks_her_again_when_the_gateway_says_so(ada: Person, connect: Connect) -> None:
    connect()
    ada.signs_in()
    assert not asks_who_she_is(ada.leave())
    page = ada.leave(fresh="1")
    assert asks_who_she_is(page)
    assert ada.come_back(ada.there.prove(page, "ada")).status_code == 303


def test_it_is_asked_about_her_while_she_is_signed_in(ada: Person, connect: Connect) -> None:
    connect({"grant_types": ["authorization_code", "refresh_token"]}, recheck_minutes=5)
    ada.signs_in()
    for _ in range(2):  # its refresh tokens are good for one time
        UpstreamGrant.objects.update(next_check_at=timezone.now())
        assert recheck(now=timezone.now()) == 1
        deliver.deliver(now=timezone.now())
        assert ada.browser.session is not None
    assert not AuditEvent.objects.filter(event="session.ended").exists()


def leave_to_sign_out(person: Person) -> httpx.Response:
    address, fields = form_of(person.sign_out_there().text)  # it asks whether she means it
    return person.there.open(address, {**fields, "logout": "yes"})


def test_signing_out_here_ends_her_session_there(ada: Person, connect: Connect) -> None:
    connect()
    ada.signs_in()
    back = leave_to_sign_out(ada).headers["location"]
    assert back.startswith(f"{GATEWAY}/oidc/{SLUG}/signed-out?state=")
    answer = ada.browser.get(back)
    assert answer.status_code == 200
    assert "Your sign-in at your company." in answer.content.decode()
    assert asks_who_she_is(ada.leave())


@pytest.mark.parametrize("encrypted", [False, True], ids=["in clear", "encrypted"])
def test_signing_out_there_ends_her_session_here_by_the_back_channel(
    node: NodeProvider, ada: Person, connect: Connect, *, encrypted: bool
) -> None:
    how = {
        "id_token_encrypted_response_alg": "RSA-OAEP-256",
        "id_token_encrypted_response_enc": "A256GCM",
    }
    connect(
        {
            "backchannel_logout_uri": f"{GATEWAY}/oidc/{SLUG}/backchannel-logout",
            "backchannel_logout_session_required": True,
            **(how if encrypted else {}),
        },
        id_token_encrypted=encrypted,
    )
    ada.signs_in()
    elsewhere = Person(node)
    elsewhere.signs_in("ben")
    page = ada.there.open(f"{node.issuer}/session/end")
    address, fields = form_of(page.text)
    ada.there.open(address, {**fields, "logout": "yes"})
    node.way_back.wait_for(1)
    assert node.way_back.calls[-1] == f"/oidc/{SLUG}/backchannel-logout"
    assert node.way_back.statuses[-1] == 200
    assert ada.browser.session is None
    assert elsewhere.browser.session is not None
    elsewhere.there.close()
