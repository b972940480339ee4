"""Any provider that keeps to the standards.

OIDC Core 5.1 has no claim for groups; `groups` is what most providers call it. Over SAML the names
are those of the eduPerson and inetOrgPerson schemas, by object id or plainly.
"""

from providers.dialects.spelling import Spelling

PLAIN = Spelling(
    groups=("groups", "memberOf", "isMemberOf", "urn:oid:1.3.6.1.4.1.5923.1.5.1.1"),
    addresses=("email", "mail", "urn:oid:0.9.2342.19200300.100.1.3"),
    usernames=(
        "preferred_username",
        "username",
        "uid",
        "urn:oid:0.9.2342.19200300.100.1.1",
        "eduPersonPrincipalName",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
    ),
    full_names=(
        "name",
        "displayName",
        "urn:oid:2.16.840.1.113730.3.1.241",
        "cn",
        "urn:oid:2.5.4.3",
    ),
    given_names=("given_name", "givenName", "firstName", "urn:oid:2.5.4.42"),
    family_names=("family_name", "sn", "surname", "lastName", "urn:oid:2.5.4.4"),
)
