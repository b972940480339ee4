"""Auth0.

Groups and roles are put into tokens by an Action, under a name of the tenant's own that is an
address, as `https://corp.example/groups`. Only the tenant's admins can write such claims.
Sources: auth0.com/docs, "Create custom claims", "Auth0 Logout" (`/v2/logout`), "OIDC Logout"; over
SAML the names of the SAML2 Web App add-on.
"""

from providers.connector import SignOut
from providers.dialects.sign_out import openid_connect, with_query
from providers.dialects.spelling import Spelling

_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"


def _sign_out(sign_out: SignOut) -> str | None:
    """A tenant that does not publish an OIDC logout has `/v2/logout`, which knows no `state`: it
    travels in the address of the way back.
    """
    if sign_out.end_session_endpoint is not None:
        return openid_connect(sign_out)
    return with_query(
        sign_out.issuer.rstrip("/") + "/v2/logout",
        client_id=sign_out.client_id,
        returnTo=with_query(sign_out.request.return_url, state=sign_out.request.id),
    )


AUTH0 = Spelling(
    groups=("*/groups", "groups", "http://schemas.xmlsoap.org/claims/Group"),
    roles=("*/roles", "roles"),
    addresses=("email", f"{_XMLSOAP}/emailaddress"),
    usernames=("preferred_username", "username", f"{_XMLSOAP}/upn"),
    full_names=("name", f"{_XMLSOAP}/name"),
    given_names=("given_name", f"{_XMLSOAP}/givenname"),
    family_names=("family_name", f"{_XMLSOAP}/surname"),
    sign_out=_sign_out,
)
