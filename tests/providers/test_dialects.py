"""How vendors spell people, over OIDC and SAML, brought to one form."""

import pytest

from providers.dialects import DIALECTS

XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
MICROSOFT = "http://schemas.microsoft.com"
ADA = {"sub": "1", "email": "ada@corp.example", "email_verified": True}


def told(dialect: str, raw: dict[str, object]) -> tuple[object, ...]:
    """Username, name, address, whether it is verified, and groups."""
    spelling = DIALECTS[dialect]
    claims = spelling.claims(raw)
    groups = claims.texts("groups")
    return spelling.username(claims), spelling.name(claims), *spelling.email(claims), groups


# Attribute names as the vendors' own pages and default mappings have them.
SAML: dict[str, tuple[str, dict[str, list[str]]]] = {
    "keycloak-x500": (
        "keycloak",
        {
            "urn:oid:1.2.840.113549.1.9.1": ["ada@corp.example"],
            "urn:oid:2.5.4.42": ["Ada"],
            "urn:oid:2.5.4.4": ["Byron"],
            "username": ["ada"],
            "member": ["/engineering/platform"],
        },
    ),
    "keycloak-friendly": (
        "keycloak",
        {
            "email": ["ada@corp.example"],
            "givenName": ["Ada"],
            "surname": ["Byron"],
            "username": ["ada"],
            "groups": ["/engineering/platform"],
        },
    ),
    "okta": (
        "okta",
        {
            "email": ["ada@corp.example"],
            "firstName": ["Ada"],
            "lastName": ["Byron"],
            "login": ["ada"],
            "groups": ["/engineering/platform"],
        },
    ),
    "auth0": (
        "auth0",
        {
            f"{XMLSOAP}/emailaddress": ["ada@corp.example"],
            f"{XMLSOAP}/name": ["Ada Byron"],
            f"{XMLSOAP}/upn": ["ada"],
            "http://schemas.xmlsoap.org/claims/Group": ["/engineering/platform"],
        },
    ),
    "entra": (
        "entra",
        {
            f"{XMLSOAP}/emailaddress": ["ada@corp.example"],
            f"{XMLSOAP}/name": ["ada"],
            f"{MICROSOFT}/identity/claims/displayname": ["Ada Byron"],
            f"{MICROSOFT}/ws/2008/06/identity/claims/groups": ["/engineering/platform"],
        },
    ),
    "ad-fs": (
        "entra",
        {
            f"{XMLSOAP}/emailaddress": ["ada@corp.example"],
            f"{XMLSOAP}/upn": ["ada"],
            f"{XMLSOAP}/givenname": ["Ada"],
            f"{XMLSOAP}/surname": ["Byron"],
            "http://schemas.xmlsoap.org/claims/Group": ["/engineering/platform"],
        },
    ),
    "google": (
        "google",
        {
            "email": ["ada@corp.example"],
            "username": ["ada"],
            "firstName": ["Ada"],
            "lastName": ["Byron"],
            "groups": ["/engineering/platform"],
        },
    ),
    "edu-person": (
        "plain",
        {
            "urn:oid:0.9.2342.19200300.100.1.3": ["ada@corp.example"],
            "urn:oid:0.9.2342.19200300.100.1.1": ["ada"],
            "urn:oid:2.16.840.1.113730.3.1.241": ["Ada Byron"],
            "urn:oid:1.3.6.1.4.1.5923.1.5.1.1": ["/engineering/platform"],
        },
    ),
}


@pytest.mark.parametrize(("dialect", "attributes"), SAML.values(), ids=SAML)
def test_saml_attributes_are_found_under_each_vendor_s_names(dialect, attributes):
    whole = ("ada", "Ada Byron", "ada@corp.example", False, ("/engineering/platform",))
    assert told(dialect, dict(attributes)) == whole


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_normal_form_is_there_whatever_came(dialect):
    for raw in ({}, {"groups": 7, "email": ["x"], "name": {}, "email_verified": [1]}, {"a": None}):
        claims = DIALECTS[dialect].claims(raw)
        assert (claims["groups"], claims["email_verified"]) == ((), False)
        assert "email" not in claims
        assert told(dialect, raw) == ("", "", None, False, ())
        assert DIALECTS[dialect].subject(claims) == ""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_rest_stays_as_it_came(dialect):
    raw = {"department": "research", "level": 7, "resource_access": {"wiki": {"roles": ["a"]}}}
    claims = DIALECTS[dialect].claims(raw)
    assert claims.path("resource_access.wiki.roles") == ("a",)
    assert (claims["department"], claims["level"]) == ("research", 7)


def test_groups_are_a_list_of_text_each_once_in_their_order():
    claims = DIALECTS["plain"].claims({"groups": ["b", "a", "b", 7, None, {"x": 1}]})
    assert claims["groups"] == ("b", "a")
    assert DIALECTS["plain"].claims({"groups": "one"})["groups"] == ("one",)


def test_an_empty_list_of_groups_is_an_answer_and_no_other_name_is_tried():
    assert DIALECTS["keycloak"].claims({"groups": [], "member": ["x"]})["groups"] == ()


def test_auth0_s_groups_and_roles_stand_under_an_address():
    claims = DIALECTS["auth0"].claims(
        {"https://corp.example/groups": ["a"], "https://corp.example/roles": ["b"], "x/groups": "c"}
    )
    assert (claims["groups"], claims["roles"]) == (("a",), ("b",))


def test_keycloak_s_realm_roles_are_roles_and_no_groups():
    claims = DIALECTS["keycloak"].claims({"realm_access": {"roles": ["offline_access"]}})
    assert (claims["roles"], claims["groups"]) == (("offline_access",), ())


def test_entra_s_person_is_her_object_in_her_directory():
    """`sub` differs from app to app, and the same object id may exist in two directories."""
    entra = DIALECTS["entra"]
    assert entra.subject({"sub": "pairwise", "tid": "t", "oid": "o"}) == "t.o"
    assert entra.subject({"sub": "pairwise", "oid": "o"}) == ""
    assert entra.subject({"sub": "pairwise", "tid": "t", "oid": ["o"]}) == ""


@pytest.mark.parametrize("dialect", ["keycloak", "okta", "auth0", "plain"])
@pytest.mark.parametrize(
    ("said", "verified"),
    [
        (True, True),
        ("true", True),
        ("True", True),
        (["true"], True),
        (False, False),
        ("false", False),
        ("yes", False),
        (1, False),
        ("1", False),
        (None, False),
        (["true", "false"], False),
        ({"true": True}, False),
    ],
)
def test_an_address_is_verified_by_a_plain_yes_alone(dialect, said, verified):
    assert told(dialect, {**ADA, "email_verified": said})[3] is verified


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_address_of_which_nothing_is_said_is_not_verified(dialect):
    assert told(dialect, {"sub": "1", "email": "ada@corp.example"})[2:4] == (
        "ada@corp.example",
        False,
    )


def test_ad_fs_vouches_for_no_address_whatever_its_rules_send():
    assert told("adfs", ADA)[2:4] == ("ada@corp.example", False)


def test_entra_vouches_for_an_address_only_where_its_domain_is_the_directory_s():
    """nOAuth: `email` there is whatever some directory's admin wrote."""
    assert told("entra", ADA)[3] is False
    assert told("entra", {**ADA, "xms_edov": False})[3] is False
    for yes in (True, "1", "true", 1):
        assert told("entra", {**ADA, "xms_edov": yes})[3] is True


def test_google_vouches_for_an_address_only_where_it_runs_the_mailbox():
    assert told("google", ADA)[3] is False
    assert told("google", {**ADA, "hd": "corp.example"})[3] is True
    assert told("google", {**ADA, "email": "ada@gmail.com"})[3] is True
    assert told("google", {**ADA, "email": "ada@evilgmail.com"})[3] is False
    assert told("google", {**ADA, "hd": "corp.example", "email_verified": False})[3] is False


MALFORMED = [
    "ada",
    "@corp.example",
    "ada@",
    "ada@corp",
    "ada@evil.example@corp.example",
    '"ada@evil.example"@corp.example',
    "ada@corp.example.",
    "ada@corp..example",
    ".ada@corp.example",
    "ada.@corp.example",
    "a..da@corp.example",
    "ada@-corp.example",
    "ada@corp.example ",
    " ada@corp.example",
    "ada @corp.example",
    "ada@corp.example\n",
    "ada@corp.example\u0000",
    "ada@corp.example,ben@corp.example",
    "<ada@corp.example>",
    "Ada <ada@corp.example>",
    "ada(comment)@corp.example",
    "ada@[127.0.0.1]",
    "аda@corp.example",  # a Cyrillic letter
    "ada@сorp.example",
    "ada@corp\uff0eexample",  # a full-width dot
    "ada\u200b@corp.example",
    "ada@corp.example\u202e",
    "a" * 65 + "@corp.example",
    "ada@" + "a" * 64 + ".example",
    "ada@" + "a." * 130 + "example",
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("address", MALFORMED)
def test_a_malformed_address_is_neither_verified_nor_an_address(dialect, address):
    raw = {**ADA, "email": address, "hd": "corp.example", "xms_edov": True}
    assert told(dialect, raw)[2:4] == (None, False)


@pytest.mark.parametrize(
    "address",
    [
        "ada@corp.example",
        "Ada.Byron+wiki@Mail.Corp.Example",
        "o'hara_7@xn--bcher-kva.example",
        "a@b.co",
    ],
)
def test_an_ordinary_address_is_taken_as_it_stands(address):
    assert told("plain", {**ADA, "email": address})[2:4] == (address, True)


def test_a_name_is_one_line():
    assert told("plain", {"name": "Ada\r\n  Byron\t"})[1] == "Ada Byron"
    assert told("plain", {"given_name": "Ada"})[1] == "Ada"


def test_a_username_falls_back_on_the_address_and_the_subject():
    assert told("plain", {**ADA, "preferred_username": "ada"})[0] == "ada"
    assert told("plain", ADA)[0] == "ada@corp.example"
    assert told("plain", {"sub": "1"})[0] == "1"


@pytest.mark.parametrize(
    "raw",
    [
        {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x"}}},
        {"hasgroups": True},
        {f"{MICROSOFT}/claims/groups.link": ["https://graph.corp.example/"]},
    ],
)
def test_entra_s_link_in_place_of_too_many_groups_is_noticed(raw):
    entra = DIALECTS["entra"]
    assert entra.groups_withheld(entra.claims(raw))
    assert not entra.groups_withheld(entra.claims({**raw, "groups": ["a"]}))
    assert not entra.groups_withheld(entra.claims({}))


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"groups": ["a"]}, True),
        ({"groups": []}, True),
        ({"memberOf": []}, True),
        ({"groups": None}, False),
        ({"roles": []}, False),
        ({}, False),
    ],
)
def test_no_group_is_a_word_and_silence_is_none(raw: dict[str, object], told: bool) -> None:  # noqa: FBT001
    assert DIALECTS["plain"].tells_groups(raw) is told
