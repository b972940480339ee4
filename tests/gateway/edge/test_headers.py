"""The app learns who it is, as much as it may, in a form that cannot break a header."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.headers import IDENTITY_HEADERS, NOBODY, Identification
from gateway.sessions.cookie import new_token
from gateway.tokens.keys import Addressed, TokenInvalid, Typ, verify_jwt
from tests.gateway.edge.conftest import WIKI
from tests.gateway.sessions.people import EDGE_RING, RING, ada

GATEWAY = "https://gateway.corp.example"
HANDLE = new_token("ada").handle
NOW = ada().authenticated_at


def identify(session=None, app=WIKI, now=NOW, who=None):
    who = who or Identification(GATEWAY, lambda: EDGE_RING)
    said = who.answer(session or ada(), HANDLE, app, now)
    return {name.decode(): value.decode() for name, value in said.identity}


def claims(token, app=WIKI, now=NOW):
    addressed = Addressed(issuer=GATEWAY, audience=app.origin, now=now)
    return verify_jwt(RING, Typ.ASSERTION, addressed, token)


def test_headers_and_assertion_say_the_same():
    headers = identify()
    said = claims(headers["x-gatehouse-assertion"])
    assert headers["x-gatehouse-account"] == said["sub"] == ada().account
    assert headers["x-gatehouse-user"] == said["preferred_username"] == "ada"
    assert headers["x-gatehouse-email"] == said["email"] == "ada@corp.example"
    assert said["email_verified"] is True
    assert headers["x-gatehouse-roles"] == "deployer"
    assert said["roles"] == ["deployer"]
    assert headers["x-gatehouse-provider"] == said["provider"] == "corp"
    assert said["exp"] - said["iat"] == 60
    session = ada(started_at=NOW - timedelta(hours=1))
    started = int(identify(session)["x-gatehouse-session-started"])
    assert started == session.started_at.timestamp()


def test_when_her_provider_saw_her_is_said_where_it_said_so():
    told, untold = (
        claims(identify(ada(authenticated_at=NOW, auth_time_told=said))["x-gatehouse-assertion"])
        for said in (True, False)
    )
    assert told["auth_time"] == NOW.timestamp()
    assert "auth_time" not in untold


def test_what_is_not_shared_is_empty_and_never_left_out():
    app = replace(WIKI, shares=frozenset())
    headers = identify(app=app)
    assert tuple(headers) == IDENTITY_HEADERS
    said = claims(headers["x-gatehouse-assertion"])
    full = [name for name, value in headers.items() if value]
    assert full == [
        "x-gatehouse-account",
        "x-gatehouse-session-started",
        "x-gatehouse-assertion",
    ]
    assert set(said) == {"iss", "aud", "iat", "exp", "sub", "jti", "auth_time", "acr"}


def test_an_address_that_nobody_vouched_for_is_said_with_that_word():
    said = claims(identify(ada(email_verified=False))["x-gatehouse-assertion"])
    assert (said["email"], said["email_verified"]) == ("ada@corp.example", False)
    assert "email_verified" not in claims(identify(ada(email=None))["x-gatehouse-assertion"])


def test_nobody_is_said_with_every_name_empty():
    assert dict(NOBODY) == {name.encode(): b"" for name in IDENTITY_HEADERS}


def test_an_assertion_for_one_app_is_refused_at_another():
    other = replace(WIKI, origin="https://payroll.other.example")
    with pytest.raises(TokenInvalid, match="audience"):
        claims(identify()["x-gatehouse-assertion"], app=other)


def test_an_assertion_is_said_again_for_half_its_life():
    who = Identification(GATEWAY, lambda: EDGE_RING)
    first = identify(who=who)
    assert identify(who=who, now=NOW + timedelta(seconds=29)) == first
    later = identify(who=who, now=NOW + timedelta(seconds=30))
    assert later["x-gatehouse-assertion"] != first["x-gatehouse-assertion"]
    assert claims(first["x-gatehouse-assertion"], now=NOW + timedelta(seconds=59))


def test_nothing_old_is_said_of_changed_roles_or_to_another_app():
    who = Identification(GATEWAY, lambda: EDGE_RING)
    identify(who=who)
    changed = ada(roles=frozenset(), generation=1)
    assert identify(changed, who=who)["x-gatehouse-roles"] == ""
    less = replace(WIKI, shares=frozenset())
    assert identify(app=less, who=who)["x-gatehouse-user"] == ""
    other = replace(WIKI, origin="https://payroll.other.example")
    said = claims(identify(app=other, who=who)["x-gatehouse-assertion"], app=other)
    assert said["aud"] == other.origin


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("gateway.edge.headers.MAX_KEPT", 3)
    who = Identification(GATEWAY, lambda: EDGE_RING)
    for number in range(10):
        who.answer(ada(), new_token(str(number)).handle, WIKI, NOW)
    assert len(who._kept) == 3


@pytest.mark.parametrize(
    "name",
    [
        "Ada\r\nX-Admin: yes",
        "Ada\x00",
        "Zoë 李",
        "100% Ada",
        "%41da",
        "\u202eAda",
        "\u2028",
        "a\tb",
    ],
)
def test_no_name_breaks_a_header(name):
    value = identify(ada(name=name))["x-gatehouse-name"]
    assert value.isascii()
    assert value.isprintable()
    assert unquote(value) == name


def test_a_comma_in_a_role_is_not_the_end_of_it():
    value = identify(ada(roles=frozenset({"a,b", "c"})))["x-gatehouse-roles"]
    assert [unquote(role) for role in value.split(",")] == ["a,b", "c"]


@given(st.text(), st.frozensets(st.text(min_size=1)))
def test_any_text_comes_back_as_it_was(name, roles):
    headers = identify(ada(name=name, roles=roles))
    assert unquote(headers["x-gatehouse-name"]) == name
    listed = headers["x-gatehouse-roles"]
    assert {unquote(role) for role in listed.split(",") if role} == set(roles)
    assert all(value.isascii() and value.isprintable() for value in headers.values())
