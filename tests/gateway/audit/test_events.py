import base64
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from gateway.audit.detail import MAX_ITEMS, MAX_TEXT, DetailNotAllowed, checked
from gateway.audit.events import Event
from gateway.audit.fields import FIELDS
from gateway.tokens.credentials import WITHHELD

TOKEN = jwt.encode(
    {"alg": "HS256"}, {"sub": "ada"}, OctKey.import_key(b"0123456789abcdef0123456789abcdef")
)


def test_every_event_is_a_subject_and_a_verb_and_says_which_fields_it_has():
    assert set(FIELDS) == set(Event)
    for event in Event:
        subject, _, verb = event.value.partition(".")
        assert subject
        assert verb.isalpha()


def test_a_field_that_the_catalogue_does_not_name_is_refused():
    with pytest.raises(DetailNotAllowed, match="password"):
        checked(Event.LOGIN_FAILED, {"provider": "corp-oidc", "password": "x"})


@pytest.mark.parametrize("value", [None, 1.5, {"a": "b"}, [1], b"x", datetime.now(UTC)])
def test_a_detail_is_text_number_or_texts(value):
    with pytest.raises(DetailNotAllowed, match="problem"):
        checked(Event.LOGIN_FAILED, {"problem": value})


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"could not verify {TOKEN}",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
        "-----BEGIN EC PRIVATE KEY-----",
        "<samlp:Response ID='x'>",
        "<Assertion>",
        base64.b64encode(b"<samlp:Response xmlns").decode(),
        base64.b64encode(b"<?xml version='1.0'?>").decode(),
        "Authorization: Bearer abcdefgh.ijk",
        "basic YWRhOnNlY3JldA==",
        "Cookie: __Host-gatehouse=v1.k.abc",
        "__Host-gatehouse-login.abc=x",
        f"state {'aB3' + 'kQ7_z' * 8} was used",
    ],
)
def test_a_text_that_looks_like_a_credential_is_withheld(text):
    assert checked(Event.LOGIN_FAILED, {"problem": text}) == {"problem": WITHHELD}
    assert checked(Event.ROLE_GAINED, {"because": ["groups", text]}) == {
        "because": ["groups", WITHHELD]
    }


@pytest.mark.parametrize(
    "text",
    [
        "groups has /engineering/platform",
        "https://keycloak.corp.example/realms/corp",
        "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "id_token.aud: expected gatehouse, got account",
        "rule deployers v3 (corp-oidc)",
    ],
)
def test_ordinary_words_stay(text):
    assert checked(Event.LOGIN_FAILED, {"problem": text}) == {"problem": text}


def test_a_subject_may_be_as_opaque_as_its_provider_likes():
    subject = "aB3" + "kQ7_z" * 8
    assert checked(Event.IDENTITY_LINKED, {"subject": subject}) == {"subject": subject}


def test_long_texts_and_lists_are_cut():
    found = checked(Event.ROLE_GAINED, {"because": ["x " * 1000] * 1000})
    because = found["because"]
    assert isinstance(because, list)
    assert len(because) == MAX_ITEMS
    assert len(because[0]) == MAX_TEXT


def test_a_text_that_a_database_would_refuse_is_mended():
    found = checked(Event.LOGIN_FAILED, {"problem": "a\0b\ud800c"})
    assert found == {"problem": "a\ufffdb?c"}
