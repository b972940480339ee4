"""Userinfo (OIDC Core 5.3): plain JSON, or a token that is signed, or signed and encrypted to us.

It is taken in the one form that the row names. Another one is refused: whoever could choose the
form would choose the weakest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from providers.errors import ResponseInvalid
from providers.http import HttpClient, HttpResponse
from providers.oidc.answers import OK, answer_of
from providers.oidc.client_keys import PrivateKey
from providers.oidc.encryption import signed_part
from providers.oidc.settings import OidcSettings
from providers.oidc.signed_token import Keys, verify_signature
from providers.oidc.token_claims import SKEW, moment
from providers.oidc.token_endpoint import Tokens
from providers.trace import checks, heard

MAX_ANSWER = 1024 * 1024
_JSON, _TOKEN = "application/json", "application/jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """In what form userinfo must come, about whom, and by whose keys."""

    settings: OidcSettings
    issuer: object  # the `iss` of the ID token
    subject: object  # its `sub`
    keys: Keys
    decryption_keys: tuple[PrivateKey, ...] = field(repr=False)
    now: datetime


@checks("userinfo.access_token", "userinfo.form", "userinfo.body", "userinfo.sub")
def ask_userinfo(
    http: HttpClient, url: str, tokens: Tokens, expected: Expected
) -> Mapping[str, object]:
    """Raises ResponseInvalid (`userinfo.*`), ProviderRefused, ProviderUnreachable."""
    if tokens.access_token is None:
        raise ResponseInvalid("userinfo.access_token", "no access token came")
    form = _JSON if expected.settings.userinfo == "json" else _TOKEN
    response = http.get(url, accept=form, limit=MAX_ANSWER, bearer=tokens.access_token)
    _check_form(response, form)
    claims = answer_of(response, "userinfo") if form == _JSON else _signed(response, expected)
    # OIDC Core 5.3.2: else the claims are somebody else's and must not be used.
    if claims.get("sub") != expected.subject:
        raise ResponseInvalid("userinfo.sub", "about somebody else than the ID token")
    heard("userinfo", claims, values=expected.settings.trace_claims)
    return claims


def _check_form(response: HttpResponse, form: str) -> None:
    """5.3.2: the media type says which of the two it is. A plain no is JSON in any case."""
    if response.status != OK:
        answer_of(response, "userinfo")
    told = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (told == _TOKEN) != (form == _TOKEN):
        problem = f"{told[:40]!r} where {form} was agreed"
        raise ResponseInvalid("userinfo.form", problem, expected=form, received=told[:40])


@checks("userinfo.iss", "userinfo.aud", "userinfo.exp")
def _signed(response: HttpResponse, expected: Expected) -> Mapping[str, object]:
    """5.3.2 asks for `iss` and `aud`; without them it could be anybody's token about anything."""
    settings = expected.settings
    try:
        token = response.body.decode("ascii")
    except UnicodeDecodeError as error:
        raise ResponseInvalid("userinfo.shape", "letters that no token has") from error
    signed = signed_part(
        token,
        "userinfo",
        encrypted=settings.userinfo == "encrypted",
        keys=expected.decryption_keys,
    )
    claims = verify_signature(signed, "userinfo", settings.signing_algorithms, expected.keys).claims
    if claims.get("iss") != expected.issuer:
        problem, came = "another issuer, or none", claims.get("iss")
        raise ResponseInvalid("userinfo.iss", problem, expected=expected.issuer, received=came)
    audience = claims.get("aud")
    if settings.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise ResponseInvalid("userinfo.aud", "for another client, or nobody")
    if "exp" in claims and expected.now >= moment(claims, "userinfo", "exp") + SKEW:
        raise ResponseInvalid("userinfo.exp", "too old")
    return claims
