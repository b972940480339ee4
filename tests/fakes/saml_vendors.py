"""How the vendors' providers answer over SAML, as their documentation shows it.

Each entry names the page that its shape is taken from. What an admin may choose there is chosen as
the page's own example does, and SHA-256 where the vendor's default is SHA-1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.saml_messages import (
    EMAIL_ADDRESS,
    PASSWORD,
    PERSISTENT,
    SAML,
    SAMLP,
    UNSPECIFIED,
    Person,
    Prefixes,
)

_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_IDENTITY = "http://schemas.microsoft.com/identity/claims"
_TENANT = "5f1e2c0a-7d5b-4c7e-9a3e-0d2f4b6a8c10"
_ADA = "9a1b7c3d-2e4f-4a6b-8c0d-1e2f3a4b5c6d"


@dataclass(frozen=True, kw_only=True)
class Vendor:
    dialect: str
    page: str
    entity_id: str
    sso_url: str
    slo_url: str | None
    signed: tuple[str, ...]
    ada: Person
    subject: str
    username: str = "ada@corp.example"
    groups: tuple[str, ...] = ("engineering",)
    settings: Mapping[str, object] = field(default_factory=dict)
    says: Mapping[str, object] = field(default_factory=dict)
    encrypts: bool = False
    logout_by_post: bool = False
    response_prefixes: Prefixes = field(default_factory=lambda: {"samlp": SAMLP})
    assertion_prefixes: Prefixes = field(default_factory=lambda: {"saml": SAML})


KEYCLOAK = Vendor(
    dialect="keycloak",
    page="www.keycloak.org/docs/latest/server_admin, 'Creating a SAML client'",
    entity_id="https://keycloak.corp.example/realms/corp",
    sso_url="https://keycloak.corp.example/realms/corp/protocol/saml",
    slo_url="https://keycloak.corp.example/realms/corp/protocol/saml",
    signed=("response", "assertion"),
    encrypts=True,
    logout_by_post=True,
    ada=Person(
        name_id="G-3d1c8a52-5a0e-4c1b-8f7e-6a9b0c1d2e3f",
        name_id_format=PERSISTENT,
        attributes=(
            ("username", ("ada",)),
            ("email", ("ada@corp.example",)),
            ("firstName", ("Ada",)),
            ("lastName", ("Byron",)),
            ("groups", ("/engineering/platform",)),
            ("Role", ("offline_access",)),
            ("Role", ("uma_authorization",)),
        ),
    ),
    subject="G-3d1c8a52-5a0e-4c1b-8f7e-6a9b0c1d2e3f",
    username="ada",
    groups=("/engineering/platform",),
    says={"session_index": "8a6d2f3c-1b0e-4c58-9d7a-5e4f3a2b1c0d::0f1e2d3c-4b5a-4697"},
    response_prefixes={"samlp": SAMLP, "saml": SAML},
    assertion_prefixes={"saml": SAML, None: SAML},
)

OKTA = Vendor(
    dialect="okta",
    page="help.okta.com, 'Application Integration Wizard SAML field reference'",
    entity_id="http://www.okta.com/exk1fcia6d6EMsf331d8",
    sso_url="https://corp.okta.com/app/corp_gatehouse_1/exk1fcia6d6EMsf331d8/sso/saml",
    slo_url="https://corp.okta.com/app/corp_gatehouse_1/exk1fcia6d6EMsf331d8/slo/saml",
    signed=("response", "assertion"),
    logout_by_post=True,
    ada=Person(
        name_id="ada@corp.example",
        name_id_format=UNSPECIFIED,
        attributes=(
            ("id", ("00uk1u7AsAk6dZL3z0g3",)),
            ("email", ("ada@corp.example",)),
            ("login", ("ada@corp.example",)),
            ("firstName", ("Ada",)),
            ("lastName", ("Byron",)),
            ("groups", ("engineering",)),
        ),
    ),
    subject="00uk1u7AsAk6dZL3z0g3",
    settings={"name_id_format": "unspecified", "subject_attribute": "id"},
    says={"typed_values": True},
    response_prefixes={"saml2p": SAMLP, "saml2": SAML, "xs": "http://www.w3.org/2001/XMLSchema"},
    assertion_prefixes={"saml2": SAML},
)

AUTH0 = Vendor(
    dialect="auth0",
    page="auth0.com/docs, 'Customize SAML Assertions' (SAML2 Web App add-on)",
    entity_id="urn:corp.eu.auth0.com",
    sso_url="https://corp.eu.auth0.com/samlp/mXK1fc9A6d6EMsf331d8yZ0q",
    slo_url="https://corp.eu.auth0.com/samlp/mXK1fc9A6d6EMsf331d8yZ0q/logout",
    signed=("assertion",),
    ada=Person(
        name_id="auth0|6543f1e2d3c4b5a697887960",
        name_id_format=UNSPECIFIED,
        attributes=(
            (f"{_XMLSOAP}/nameidentifier", ("auth0|6543f1e2d3c4b5a697887960",)),
            (f"{_XMLSOAP}/emailaddress", ("ada@corp.example",)),
            (f"{_XMLSOAP}/name", ("Ada Byron",)),
            (f"{_XMLSOAP}/givenname", ("Ada",)),
            (f"{_XMLSOAP}/surname", ("Byron",)),
            (f"{_XMLSOAP}/upn", ("ada@corp.example",)),
            ("http://schemas.xmlsoap.org/claims/Group", ("engineering",)),
        ),
    ),
    subject="auth0|6543f1e2d3c4b5a697887960",
    settings={"name_id_format": "unspecified"},
    says={
        "context": "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
        "typed_values": True,
    },
)

ENTRA = Vendor(
    dialect="entra",
    page="learn.microsoft.com/entra/identity-platform, 'Single sign-on SAML protocol', "
    "'Single Sign-Out SAML Protocol', 'SAML token claims reference'",
    entity_id=f"https://sts.windows.net/{_TENANT}/",
    sso_url=f"https://login.microsoftonline.com/{_TENANT}/saml2",
    slo_url=f"https://login.microsoftonline.com/{_TENANT}/saml2",
    signed=("assertion",),
    ada=Person(
        name_id="ada@corp.example",
        name_id_format=EMAIL_ADDRESS,
        attributes=(
            (f"{_IDENTITY}/tenantid", (_TENANT,)),
            (f"{_IDENTITY}/objectidentifier", (_ADA,)),
            (f"{_IDENTITY}/displayname", ("Ada Byron",)),
            (
                "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
                ("0b5a2f1c-3d4e-4f60-8a7b-9c0d1e2f3a4b",),
            ),
            (f"{_IDENTITY}/identityprovider", (f"https://sts.windows.net/{_TENANT}/",)),
            (f"{_XMLSOAP}/emailaddress", ("ada@corp.example",)),
            (f"{_XMLSOAP}/name", ("ada@corp.example",)),
        ),
    ),
    subject=_ADA,
    groups=("0b5a2f1c-3d4e-4f60-8a7b-9c0d1e2f3a4b",),
    settings={
        "name_id_format": "emailAddress",
        "subject_attribute": f"{_IDENTITY}/objectidentifier",
    },
    says={
        "issued": "2026-11-23T09:00:00.4812394Z",  # seven digits
        "context": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
        "session_ends": None,
    },
    assertion_prefixes={None: SAML},
)

GOOGLE = Vendor(
    dialect="google",
    page="support.google.com/a/answer/6087519, 'Set up your own custom SAML app'",
    entity_id="https://accounts.google.com/o/saml2?idpid=C01abc234",
    sso_url="https://accounts.google.com/o/saml2/idp?idpid=C01abc234",
    slo_url=None,  # Google has no single logout
    signed=("response",),  # with "Signed response" ticked; the assertion alone without
    ada=Person(
        name_id="ada@corp.example",
        name_id_format=EMAIL_ADDRESS,
        attributes=(
            ("personId", ("104729",)),
            ("email", ("ada@corp.example",)),
            ("firstName", ("Ada",)),
            ("lastName", ("Byron",)),
            ("groups", ("engineering",)),
        ),
    ),
    subject="104729",
    settings={"name_id_format": "emailAddress", "subject_attribute": "personId"},
    says={"context": "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified", "session_ends": None},
    response_prefixes={"saml2p": SAMLP},
    assertion_prefixes={"saml2": SAML},
)

PLAIN = Vendor(
    dialect="plain",
    page="wiki.refeds.org, 'eduPerson', and RFC 2798 (inetOrgPerson)",
    entity_id="https://idp.corp.example/idp/shibboleth",
    sso_url="https://idp.corp.example/idp/profile/SAML2/Redirect/SSO",
    slo_url="https://idp.corp.example/idp/profile/SAML2/Redirect/SLO",
    signed=("assertion",),
    ada=Person(
        name_id="AAdzZWNyZXQxmZ0vPqUCRcVJpRBQ",
        name_id_format=PERSISTENT,
        attributes=(
            ("urn:oid:0.9.2342.19200300.100.1.1", ("ada",)),
            ("urn:oid:0.9.2342.19200300.100.1.3", ("ada@corp.example",)),
            ("urn:oid:2.16.840.1.113730.3.1.241", ("Ada Byron",)),
            ("urn:oid:1.3.6.1.4.1.5923.1.5.1.1", ("engineering",)),
        ),
    ),
    subject="AAdzZWNyZXQxmZ0vPqUCRcVJpRBQ",
    username="ada",
    says={"context": PASSWORD},
)

ADFS = Vendor(
    dialect="adfs",
    page="learn.microsoft.com/windows-server/identity/ad-fs, 'The Role of Claims', 'Create a Rule "
    "to Send LDAP Attributes as Claims'",
    entity_id="http://sts.corp.example/adfs/services/trust",
    sso_url="https://sts.corp.example/adfs/ls/",
    slo_url="https://sts.corp.example/adfs/ls/",
    signed=("assertion",),
    ada=Person(
        name_id="kJ3xq0yTn0mWb4c1ZrV2gA==",  # objectGUID
        name_id_format=PERSISTENT,
        attributes=(
            (f"{_XMLSOAP}/emailaddress", ("ada@corp.example",)),
            (f"{_XMLSOAP}/upn", ("ada@corp.example",)),
            ("http://schemas.xmlsoap.org/claims/CommonName", ("Ada Byron",)),
            ("http://schemas.xmlsoap.org/claims/Group", ("engineering",)),
        ),
    ),
    subject="kJ3xq0yTn0mWb4c1ZrV2gA==",
    says={"context": PASSWORD, "session_ends": None},
    assertion_prefixes={None: SAML},
)

_ALL = (KEYCLOAK, OKTA, AUTH0, ENTRA, GOOGLE, ADFS, PLAIN)
VENDORS = {vendor.dialect: vendor for vendor in _ALL}
