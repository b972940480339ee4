"""How a browser is sent to end the provider's own session."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from providers.connector import SignOut

# Servers take request lines of 8 KB, some of them less. Without the hint the provider knows the
# client still, and asks the person.
MAX_HINT = 4096


def openid_connect(sign_out: SignOut) -> str | None:
    """OpenID Connect RP-Initiated Logout 1.0, section 2."""
    if sign_out.end_session_endpoint is None:
        return None
    fields = {
        "id_token_hint": sign_out.request.hint,
        "client_id": sign_out.client_id,
        "post_logout_redirect_uri": sign_out.request.return_url,
        "state": sign_out.request.id,
    }
    if len(sign_out.request.hint) > MAX_HINT:
        del fields["id_token_hint"]
    return with_query(sign_out.end_session_endpoint, **fields)


def with_query(url: str, **fields: str) -> str:
    """`url` with these fields after those that it has already."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(fields)) if part)
    return urlunsplit(parts._replace(query=query))
