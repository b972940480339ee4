"""The wiki believes the gateway's signature and nothing else."""

import pytest
from joserfc.jwk import ECKey

from tests.examples.conftest import REFUSED, App

PLAIN_HEADERS = {
    "X-Gatehouse-User": "ada",
    "X-Gatehouse-Name": "Ada Byron",
    "X-Gatehouse-Email": "ada@corp.example",
    "X-Gatehouse-Roles": "deployer",
}


@pytest.fixture(scope="module")
def wiki(serve) -> App:
    return serve("wiki.corp.localhost", "WIKI_ORIGIN", "asginl", "examples.wiki.app:app")


def test_it_greets_by_name_and_shows_the_roles(wiki):
    answer = wiki.get("/", wiki.signer.assertion(wiki.origin))
    assert answer.status_code == 200
    assert "Good to see you, Ada Byron" in answer.text
    assert "<li>deployer</li>" in answer.text
    assert "corp-oidc" in answer.text


def test_a_deep_link_shows_its_page(wiki):
    answer = wiki.get("/pages/incidents", wiki.signer.assertion(wiki.origin))
    assert "<h1>When something breaks</h1>" in answer.text


def test_an_unknown_page_is_not_found(wiki):
    assert wiki.get("/nothing", wiki.signer.assertion(wiki.origin)).status_code == 404


def test_only_a_deployer_finds_the_button(wiki):
    with_role = wiki.get("/pages/deploying", wiki.signer.assertion(wiki.origin))
    without = wiki.get("/pages/deploying", wiki.signer.assertion(wiki.origin, roles=[]))
    assert "Deploy to production" in with_role.text
    assert "Deploy to production" not in without.text


def test_signing_out_is_a_form_that_posts_to_the_gateways_path(wiki):
    text = wiki.get("/", wiki.signer.assertion(wiki.origin)).text
    assert "<form method='post' action='/.gatehouse/sign-out'>" in text


def test_a_name_cannot_bring_markup(wiki):
    answer = wiki.get("/", wiki.signer.assertion(wiki.origin, name="<script>x</script>"))
    assert "<script>" not in answer.text


def test_plain_identity_headers_are_not_believed(wiki):
    answer = wiki.get("/", **PLAIN_HEADERS)
    assert answer.status_code == 401
    assert "Ada" not in answer.text


@pytest.mark.parametrize("case", REFUSED)
def test_an_assertion_is_refused_that_is(wiki, case):
    answer = wiki.get("/", REFUSED[case](wiki.origin, wiki.signer))
    assert answer.status_code == 401
    assert "Ada" not in answer.text


def test_two_assertions_are_refused(wiki):
    good = wiki.signer.assertion(wiki.origin)
    headers = [("X-Gatehouse-Assertion", good), ("X-Gatehouse-Assertion", good)]
    assert wiki.client.get("/", headers=headers).status_code == 401


def test_refusing_sends_nobody_anywhere(wiki):
    assert "location" not in wiki.get("/").headers


def test_the_page_may_load_nothing_but_its_own_style(wiki):
    answer = wiki.get("/", wiki.signer.assertion(wiki.origin))
    assert "default-src 'none'; style-src 'self'" in answer.headers["content-security-policy"]
    assert wiki.get("/style.css").headers["content-type"] == "text/css; charset=utf-8"


def test_made_up_key_ids_do_not_become_requests_to_the_gateway(wiki):
    assert wiki.get("/", wiki.signer.assertion(wiki.origin)).status_code == 200
    ours = wiki.signer.key
    wiki.signer.key = ECKey.generate_key("P-256", {"kid": "new"})
    try:
        token = wiki.signer.assertion(wiki.origin)
        assert wiki.get("/", token).status_code == 401  # published, but asked for seconds ago
    finally:
        wiki.signer.key = ours
