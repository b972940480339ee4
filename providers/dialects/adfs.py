"""AD FS of Windows Server 2016 and later.

It spells attributes over SAML as Entra ID does, but knows neither `tid` nor `oid`: over OIDC a
person is `sub`, which stays the same for one client. Issuance rules send groups as `group` and
roles as `role`. Nothing in AD FS says whether somebody may use an address, so none is verified.
Sources: learn.microsoft.com/windows-server/identity/ad-fs, "AD FS OpenID Connect/OAuth concepts",
"The Role of Claims" (claim types and their short names).
"""

from providers.dialects.spelling import Spelling

_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"

ADFS = Spelling(
    groups=("group", "groups", "http://schemas.xmlsoap.org/claims/Group"),
    roles=("role", "roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"),
    addresses=("email", f"{_XMLSOAP}/emailaddress"),
    usernames=("upn", f"{_XMLSOAP}/upn", "unique_name", f"{_XMLSOAP}/name"),
    full_names=("name", "commonname", "http://schemas.xmlsoap.org/claims/CommonName"),
    given_names=("given_name", f"{_XMLSOAP}/givenname"),
    family_names=("family_name", f"{_XMLSOAP}/surname"),
    vouches=lambda _received, _email: False,
)
