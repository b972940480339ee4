"""Tokens and userinfo of OIDC providers."""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from providers.dialects import DIALECTS
from providers.oidc.signed_token import MAX_HEADER, MAX_TOKEN
from providers.oidc.userinfo import MAX_ANSWER
from tests.fakes.oidc_case import FOREIGN_KEY, NOW, OidcCase
from tests.fakes.oidc_forgery import part, sign
from tests.fakes.oidc_logout import EVENT
from tests.fakes.oidc_provider import CLIENT_ID
from tests.fuzz import costly_json
from tests.fuzz.edits import BYTES, OBJECT, edited_bytes, edited_object
from tests.fuzz.target import Message, Recipe, Target

SECONDS = int(NOW.timestamp())
VENDORS = sorted(DIALECTS)
HEADER = {"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}
BESIDE = ("names", "one-name", "paths", "names-of-long-texts")
ROOM = MAX_TOKEN * 3 // 4 - 1_000  # of a payload
TOKENS = st.fixed_dictionaries(
    {
        "form": st.integers(0, len(VENDORS) - 1),
        "by": st.sampled_from(["provider", "nobody", "another", "its-public-key"]),
        "header": st.lists(OBJECT, max_size=3),
        "claims": st.lists(OBJECT, max_size=4),
        "bytes": st.lists(BYTES, max_size=2),
    }
)


class Tokens:
    """Signs, or does not, what a recipe makes of honest claims."""

    def __init__(self, case: OidcCase, header: Mapping[str, Any]) -> None:
        self._idp = case.idp
        self._header = {"alg": case.idp.algorithm, "kid": case.idp.key.kid, **header}
        public: Any = case.idp.key
        self._pem: bytes = public.as_pem(private=False)

    def signed(self, payload: bytes, header: bytes | None = None, by: str = "provider") -> str:
        head = header if header is not None else json.dumps(self._header).encode()
        match by:
            case "another":
                return sign(head, payload, FOREIGN_KEY, self._idp.algorithm)
            case "its-public-key":
                text = f"{part(head)}.{part(payload)}"
                return f"{text}.{part(hmac.digest(self._pem, text.encode(), 'sha256'))}"
        return sign(head, payload, self._idp.key, self._idp.algorithm)

    def of(self, recipe: Recipe, claims: Mapping[str, Any]) -> tuple[str, bool]:
        """The token, and whether the provider signed it after the edits."""
        header = edited_object(self._header, recipe["header"])
        payload = edited_object(dict(claims), recipe["claims"])
        token = self.signed(payload, header, recipe["by"])
        if recipe["by"] == "nobody":
            _, _, signature = self.signed(json.dumps(claims).encode()).split(".")
            token = f"{part(header)}.{part(payload)}.{signature}"
        if not recipe["bytes"]:
            return token, recipe["by"] == "provider"
        token = edited_bytes(token.encode(), recipe["bytes"]).decode(errors="replace")
        return token, recipe["by"] == "provider"


class Person:
    """Ada's sign-in, up to the point where the provider's back channel answers."""

    def __init__(self, case: OidcCase) -> None:
        self.case = case
        request = case.request()
        self.response = case.sign_in(request, "ada")
        self.request = request
        ada = case.idp.people["ada"]
        self.userinfo = dict(case.idp.vendor.userinfo(ada))
        self.claims = {
            "iss": case.idp.token_issuer,
            "aud": CLIENT_ID,
            "iat": SECONDS,
            "exp": SECONDS + 300,
            "auth_time": SECONDS,
            "nonce": request.nonce,
            "acr": "1",
            **case.idp.vendor.id_token(ada),
            "tid": "tenant-1",
            "oid": "ada-oid",
        }
        rows = {"json": {}, "signed": {"userinfo": "signed"}}
        self._connectors = {
            (vendor, form): case.connect(dialect=DIALECTS[vendor], **row)
            for vendor in VENDORS
            for form, row in rows.items()
        }

    def signs_in(self, vendor: int, token: str, userinfo: bytes, form: str = "json") -> Any:
        answer = {"access_token": "opaque", "token_type": "Bearer", "id_token": token}
        self.case.idp.lie.answers["token"] = (200, json.dumps(answer).encode())
        self.case.idp.lie.answers["userinfo"] = (200, userinfo)
        connector = self._connectors[VENDORS[vendor], form]
        try:
            return connector.complete(self.request, self.response, NOW)
        finally:
            self.case.idp.lie.answers.clear()


def id_token(case: OidcCase) -> Target:
    person, tokens = Person(case), Tokens(case, {"typ": "JWT"})
    userinfo = json.dumps(person.userinfo).encode()
    plain = tokens.signed(json.dumps(person.claims).encode())
    honest = [_without_hint(person.signs_in(form, plain, userinfo)) for form in range(len(VENDORS))]

    def message(recipe: Recipe) -> Message:
        token, signed = tokens.of(recipe, person.claims)
        return Message(
            content=(recipe["form"], token), honest=honest[recipe["form"]], signed=signed
        )

    return Target(
        recipes=TOKENS,
        message=message,
        take=lambda content: _without_hint(person.signs_in(content[0], content[1], userinfo)),
        costly=_costly_tokens(tokens, person.claims, lambda token: (0, token)),
    )


def _without_hint(identity: Any) -> Any:
    """The token itself is kept for signing out, in whatever spelling it came."""
    return replace(identity, logout_hint=None)


def _costly_tokens(
    tokens: Tokens, claims: Mapping[str, Any], content: Callable[[str], Any]
) -> dict[str, Callable[[], Any]]:
    def of_payload(make: Callable[[], bytes], by: str) -> Callable[[], Any]:
        return lambda: content(tokens.signed(make(), None, by))

    made: dict[str, Callable[[], Any]] = {}
    for by in ("provider", "another"):
        for value in costly_json.VALUES:
            for place in costly_json.PLACES if by == "provider" else ("groups",):
                made[f"{value}-in-{place}-by-{by}"] = of_payload(
                    lambda place=place, value=value: costly_json.filled(claims, place, value, ROOM),  # type: ignore[misc]
                    by,
                )
    for value in BESIDE:
        made[f"{value}-beside"] = of_payload(
            lambda value=value: costly_json.spread(claims, value, ROOM),  # type: ignore[misc]
            "provider",
        )
    for value in costly_json.VALUES:
        for place in ("alg", "kid", "typ", "crit", "jwk", "x5c"):
            made[f"header-{value}-in-{place}"] = lambda place=place, value=value: content(  # type: ignore[misc]
                tokens.signed(
                    json.dumps(claims).encode(),
                    costly_json.filled(HEADER, place, value, MAX_HEADER * 3 // 4 - 100),
                )
            )
    plain = tokens.signed(json.dumps(claims).encode())
    return made | {
        "dots": lambda: content("." * MAX_TOKEN),
        "long-signature": lambda: content(plain + "A" * (MAX_TOKEN - len(plain))),
        "long-header": lambda: content("e" * (MAX_TOKEN - 4) + ".a.b"),
        "too-long": lambda: content("A" * (MAX_TOKEN + 1)),
        "no-letters": lambda: content("é" * MAX_TOKEN),
        "padding": lambda: content("=" * (MAX_HEADER - 1) + ".a.b"),
    }


def userinfo(case: OidcCase) -> Target:
    person, tokens = Person(case), Tokens(case, {"typ": "JWT"})
    plain = tokens.signed(json.dumps(person.claims).encode())
    told = person.userinfo
    signed_told = {"iss": person.claims["iss"], "aud": CLIENT_ID, **told}

    def message(recipe: Recipe) -> Message:
        """What comes as plain JSON is believed as it is, about the one who signed in."""
        if recipe["by"] == "provider":
            body = edited_bytes(edited_object(told, recipe["claims"]), recipe["bytes"])
            return Message(content=(recipe["form"], body), signed=True)
        token, _ = tokens.of(recipe, signed_told)
        return Message(content=(recipe["form"], token.encode()), signed=True)

    def take(content: tuple[int, bytes]) -> object:
        found = person.signs_in(content[0], plain, content[1])
        assert found.subject.value in ("ada-0001", "tenant-1.ada-oid")
        return found

    return Target(
        recipes=TOKENS,
        message=message,
        take=take,
        costly={
            f"{value}-in-{place}": lambda place=place, value=value: (  # type: ignore[misc]
                0,
                costly_json.filled(told, place, value, MAX_ANSWER),
            )
            for value in costly_json.VALUES
            for place in costly_json.PLACES
        }
        | {
            f"{value}-beside": lambda value=value: (  # type: ignore[misc]
                0,
                costly_json.spread(told, value, MAX_ANSWER),
            )
            for value in BESIDE
        },
    )


def logout_token(case: OidcCase) -> Target:
    claims = {
        "iss": case.idp.issuer,
        "aud": CLIENT_ID,
        "iat": SECONDS,
        "exp": SECONDS + 120,
        "jti": "token-1",
        "sub": "ada-0001",
        "sid": "session-of-ada",
        "events": {EVENT: {}},
    }
    tokens = Tokens(case, {"typ": "logout+jwt"})
    connector = case.connector
    honest = connector.logout_told(tokens.signed(json.dumps(claims).encode()), NOW)

    def message(recipe: Recipe) -> Message:
        token, signed = tokens.of(recipe, claims)
        return Message(content=token, honest=honest, signed=signed)

    return Target(
        recipes=TOKENS,
        message=message,
        take=lambda token: connector.logout_told(token, NOW),
        costly=_costly_tokens(tokens, claims, lambda token: token),
    )
