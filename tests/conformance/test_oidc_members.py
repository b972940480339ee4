"""Every member of every signed thing: missing, doubled, wrong, of another type.

The provider itself signs all of them. What identifies a person or a message is refused unless it
is as it should be; what only describes her may be missing, but is never somebody else's.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from providers.errors import ProviderError, ResponseInvalid
from tests.fakes.members import ANOTHER, doubled, variations
from tests.fakes.oidc_case import NOW, OidcCase, oidc_case
from tests.fakes.oidc_logout import EVENT
from tests.fakes.oidc_provider import CLIENT_ID
from tests.fuzz.oidc import VENDORS, Person, Tokens

SECONDS = int(NOW.timestamp())
PLAIN = VENDORS.index("plain")
# What else is looked at where it comes.
MORE = ("nbf", "azp", "at_hash", "session_expiry")
# Who this is, for whom, until when: wrong in any way, and nobody is signed in.
IDENTIFYING = {"iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", *MORE}
# In another spelling it says the same: an audience as a list, a moment as a fraction of 1970.
HARMLESS = {
    "aud-in-a-list",
    "sub-as-text",
    "iss-as-text",
    "aud-as-text",
    "nonce-as-text",
    "auth_time-missing",
    *(f"{name}-{kind}" for name in ("iat", "auth_time", "nbf") for kind in ("zero", "fraction")),
    "sub-text",  # of one whom the provider itself calls so
}


@pytest.fixture(scope="module")
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


@pytest.fixture(scope="module")
def person(case: OidcCase) -> Person:
    return Person(case)


@pytest.fixture(scope="module")
def tokens(case: OidcCase) -> Tokens:
    return Tokens(case, {"typ": "JWT"})


def refused_by(error: ProviderError, *families: str) -> None:
    """Raises what is no check of one of these families."""
    if not isinstance(error, ResponseInvalid) or error.check.split(".")[0] not in families:
        raise error


def test_an_id_token_of_which_a_member_is_wrong_signs_nobody_in(
    person: Person, tokens: Tokens
) -> None:
    userinfo = json.dumps(person.userinfo).encode()
    honest = person.signs_in(PLAIN, tokens.signed(json.dumps(person.claims).encode()), userinfo)
    taken = set()
    for name, payload in variations(person.claims, MORE):
        try:
            found = person.signs_in(PLAIN, tokens.signed(payload), userinfo)
        except ProviderError as error:
            refused_by(error, "id_token", "userinfo", "claims")
            continue
        taken.add(name)
        assert found.subject == honest.subject
        assert found.email in (None, honest.email)
        assert set(found.claims.texts("groups")) <= set(honest.claims.texts("groups"))
    of_identity = {name for name in taken if name.partition("-")[0] in IDENTIFYING}
    assert of_identity <= HARMLESS


@pytest.mark.parametrize("which", ["payload", "header"])
def test_an_id_token_that_says_a_thing_twice_signs_nobody_in(
    person: Person, tokens: Tokens, which: str
) -> None:
    userinfo = json.dumps(person.userinfo).encode()
    claims = json.dumps(person.claims).encode()
    header = {"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}
    for name, text in doubled(person.claims if which == "payload" else header):
        token = tokens.signed(text) if which == "payload" else tokens.signed(claims, text)
        with pytest.raises(ResponseInvalid) as refused:
            person.signs_in(PLAIN, token, userinfo)
        assert refused.value.check == "id_token.shape", name


def test_a_header_of_which_a_member_is_wrong_signs_nobody_else_in(
    person: Person, tokens: Tokens
) -> None:
    userinfo = json.dumps(person.userinfo).encode()
    claims = json.dumps(person.claims).encode()
    header = {"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}
    taken = set()
    for name, text in variations(header, ("crit", "b64", "jwk", "jku", "x5c", "x5u", "cty", "zip")):
        try:
            found = person.signs_in(PLAIN, tokens.signed(claims, text), userinfo)
        except ProviderError as error:
            refused_by(error, "id_token")
            continue
        taken.add(name)
        assert found.subject.value == "ada-0001"
    assert not [name for name in taken if name.startswith(("crit-", "b64-", "alg-null", "alg-m"))]
    assert {name for name in taken if name.startswith("alg-")} <= {"alg-as-text"}


def test_userinfo_of_which_a_member_is_wrong_is_about_nobody_else(
    person: Person, tokens: Tokens
) -> None:
    token = tokens.signed(json.dumps(person.claims).encode())
    honest = person.signs_in(PLAIN, token, json.dumps(person.userinfo).encode())
    signed_alone = ("iss", "aud", "acr", "amr", "sid", "auth_time")
    for name, body in variations(person.userinfo, signed_alone):
        try:
            found = person.signs_in(PLAIN, token, body)
        except ProviderError as error:
            refused_by(error, "userinfo", "claims")
            continue
        assert not name.startswith("sub-") or name == "sub-as-text", name
        assert found.subject == honest.subject
        assert (found.acr, found.amr) == (honest.acr, honest.amr)
        assert (found.upstream_session, found.upstream_names) == (
            honest.upstream_session,
            honest.upstream_names,
        )
        assert found.email != ANOTHER
    for name, body in doubled(person.userinfo):
        with pytest.raises(ResponseInvalid) as refused:
            person.signs_in(PLAIN, token, body)
        assert refused.value.check == "userinfo.body", name


def test_signed_userinfo_of_which_a_member_is_wrong_is_about_nobody_else(
    person: Person, tokens: Tokens
) -> None:
    token = tokens.signed(json.dumps(person.claims).encode())
    said = {"iss": person.claims["iss"], "aud": CLIENT_ID, **person.userinfo}
    person.case.idp.lie.answers.clear()
    for name, payload in (*variations(said, ("exp",)), *doubled(said)):
        told = tokens.signed(payload)
        answer = signed_userinfo(person, token, told)
        if name.partition("-")[0] in ("iss", "sub", "aud", "exp"):
            assert answer.startswith("userinfo.") or name in (
                *("iss-as-text", "sub-as-text", "aud-as-text", "aud-in-a-list", "exp-huge"),
            ), (name, answer)
        assert answer.split(".")[0] in ("userinfo", "claims", "ada-0001"), (name, answer)


def signed_userinfo(person: Person, token: str, told: str) -> str:
    """The subject, or the check that refused; over HTTP with the media type of a token."""
    idp = person.case.idp
    idp.userinfo_form, idp.lie.userinfo_token = "signed", told
    idp.access_tokens["opaque"] = idp.people["ada"]
    answer = {"access_token": "opaque", "token_type": "Bearer", "id_token": token}
    idp.lie.answers["token"] = (200, json.dumps(answer).encode())
    connector = person._connectors["plain", "signed"]
    try:
        return str(connector.complete(person.request, person.response, NOW).subject.value)
    except ResponseInvalid as error:
        return error.check
    finally:
        idp.userinfo_form, idp.lie.userinfo_token = "json", None
        idp.lie.answers.clear()


def logout_claims(case: OidcCase) -> dict[str, Any]:
    return {
        "iss": case.idp.issuer,
        "aud": CLIENT_ID,
        "iat": SECONDS,
        "exp": SECONDS + 120,
        "jti": "token-1",
        "sub": "ada-0001",
        "sid": "session-of-ada",
        "events": {EVENT: {}},
    }


def test_a_logout_token_of_which_a_member_is_wrong_ends_nothing(case: OidcCase) -> None:
    claims, tokens = logout_claims(case), Tokens(case, {"typ": "logout+jwt"})
    honest = case.connector.logout_told(tokens.signed(json.dumps(claims).encode()), NOW)
    taken = {}
    for name, payload in variations(claims, ("nonce", "nbf", "azp")):
        try:
            taken[name] = case.connector.logout_told(tokens.signed(payload), NOW)
        except ResponseInvalid as error:
            refused_by(error, "logout_token")
    spelled_alike = {f"{name}-as-text" for name in ("iss", "aud", "jti", "sub", "sid")}
    told_less = {"sub-missing", "sid-missing"}
    in_the_past = {f"{name}-{kind}" for name in ("iat", "nbf") for kind in ("zero", "fraction")}
    of_another = {"jti-text", "sub-text", "sid-text"}  # which the provider itself may say
    assert taken.keys() <= {"aud-in-a-list", *spelled_alike, *told_less, *in_the_past, *of_another}
    for name in {"aud-in-a-list", *spelled_alike, *in_the_past} & taken.keys():
        assert taken[name] == honest
    for name, payload in doubled(claims):
        with pytest.raises(ResponseInvalid) as refused:
            case.connector.logout_told(tokens.signed(payload), NOW)
        assert refused.value.check == "logout_token.shape", name
