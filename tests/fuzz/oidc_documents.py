"""What OIDC providers publish about themselves."""

import json

from hypothesis import strategies as st

from providers.oidc.documents import MAX_KEYS_DOCUMENT
from providers.oidc.metadata import MAX_METADATA
from tests.fakes.cache import MemoryCache
from tests.fakes.oidc_case import NOW, OidcCase
from tests.fakes.oidc_logout import EVENT
from tests.fakes.oidc_provider import CLIENT_ID
from tests.fuzz import costly_json
from tests.fuzz.edits import BYTES, OBJECT, edited_bytes, edited_object
from tests.fuzz.oidc import SECONDS, Tokens
from tests.fuzz.target import Message, Recipe, Target

DOCUMENTS = st.fixed_dictionaries(
    {
        "form": st.integers(0, 9),
        "object": st.lists(OBJECT, max_size=4),
        "bytes": st.lists(BYTES, max_size=2),
    }
)


def discovery(case: OidcCase) -> Target:
    true = {"issuer": case.idp.issuer, **case.idp.vendor.discovery(case.idp.base)}
    request = case.request()

    def message(recipe: Recipe) -> Message:
        body = edited_bytes(edited_object(true, recipe["object"]), recipe["bytes"])
        return Message(content=body, signed=True)

    def take(body: bytes) -> object:
        """Whoever publishes may send people anywhere on the web, and nowhere else."""
        case.cache = MemoryCache(NOW)
        case.idp.lie.answers["discovery"] = (200, body)
        connector = case.connect()
        try:
            url: str = connector.begin(request, NOW).url
        finally:
            case.idp.lie.answers.clear()
            case._made.remove(connector)
        assert url.startswith(("http://", "https://"))
        assert url.isascii()
        assert url.isprintable()
        return url

    return Target(
        recipes=DOCUMENTS,
        message=message,
        take=take,
        costly={
            f"{value}-in-{place}": lambda place=place, value=value: costly_json.filled(  # type: ignore[misc]
                true, place, value, MAX_METADATA
            )
            for value in costly_json.VALUES
            for place in ("issuer", "jwks_uri", "mtls_endpoint_aliases", "x")
        },
    )


def jwks(case: OidcCase) -> Target:
    published = case.idp.published
    tokens = Tokens(case, {"typ": "logout+jwt"})
    claims = {"iss": case.idp.issuer, "aud": CLIENT_ID, "iat": SECONDS, "exp": SECONDS + 120}
    claims |= {"jti": "token-1", "sub": "ada-0001", "events": {EVENT: {}}}
    token = tokens.signed(json.dumps(claims).encode())
    honest = case.connector.logout_told(token, NOW)

    def message(recipe: Recipe) -> Message:
        keys = [json.dumps(key).encode() for key in published]
        at = recipe["form"] % (len(keys) + 1)
        if at < len(keys):
            keys[at] = edited_object(dict(published[at]), recipe["object"])
            document = b'{"keys":[' + b",".join(keys) + b"]}"
        else:
            document = edited_object({"keys": published}, recipe["object"])
        return Message(content=edited_bytes(document, recipe["bytes"]), honest=honest)

    def take(document: bytes) -> object:
        case.cache = MemoryCache(NOW)
        case.idp.lie.answers["keys"] = (200, document)
        connector = case.connect()
        try:
            return connector.logout_told(token, NOW)
        finally:
            case.idp.lie.answers.clear()
            case._made.remove(connector)

    return Target(
        recipes=DOCUMENTS,
        message=message,
        take=take,
        costly=dict(costly_json.key_sets("rsa-1"))
        | {
            f"{value}-in-{place}": lambda place=place, value=value: costly_json.filled(  # type: ignore[misc]
                {}, place, value, MAX_KEYS_DOCUMENT
            )
            for value in costly_json.VALUES
            for place in ("keys", "x")
        }
        | {
            f"{value}-in-a-{member}": lambda member=member, value=value: (
                b'{"keys":['  # type: ignore[misc]
                + costly_json.filled(published[0], member, value, MAX_KEYS_DOCUMENT - 20)
                + b"]}"
            )
            for value in costly_json.VALUES
            for member in ("n", "e", "kid", "key_ops")
        },
    )
