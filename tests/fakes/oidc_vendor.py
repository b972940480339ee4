"""What differs between vendors: places, claims, and how signing out is spelled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlencode

from tests.fakes.oidc_people import Person

Claims: TypeAlias = Mapping[str, Any]


def _asks_for_offline_access(request: Mapping[str, str]) -> bool:
    """OIDC Core, section 11."""
    return "offline_access" in request["scope"].split()


@dataclass(frozen=True, kw_only=True)
class Vendor:
    documentation: tuple[str, ...]
    dialect: str
    issuer_path: str = ""
    published_issuer_path: str | None = None  # in the discovery document, where that differs
    token_issuer_path: str | None = None  # in tokens, likewise
    paths: Mapping[str, str]  # by endpoint
    publishes_logout: bool = True  # as `end_session_endpoint`
    extras: Claims = field(default_factory=dict)  # more members of the discovery document
    id_token: Callable[[Person], Claims]
    userinfo: Callable[[Person], Claims]
    # Where its access tokens are JWTs, what they say besides; else they are random text.
    access_token: Callable[[Person], Claims] | None = None
    refreshes: Callable[[Mapping[str, str]], bool] = _asks_for_offline_access
    # Its own interface for somebody's groups: a page, from the query and the provider's address.
    directory: Callable[[Person, Mapping[str, str], str], Claims] | None = None
    names_issuer: bool = False  # RFC 9207
    redirect_extras: Claims = field(default_factory=dict)
    after_logout: Callable[[Mapping[str, str]], str]

    def endpoint_at(self, path: str) -> str:
        places = {place: endpoint for endpoint, place in self.paths.items()}
        document = self.issuer_path.rstrip("/") + "/.well-known/openid-configuration"
        return "discovery" if path == document else places.get(path, "unknown")

    def discovery(self, base: str) -> dict[str, Any]:
        members = {
            "authorization_endpoint": base + self.paths["authorize"],
            "token_endpoint": base + self.paths["token"],
            "jwks_uri": base + self.paths["keys"],
            "userinfo_endpoint": base + self.paths["userinfo"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.extras,
        }
        if self.names_issuer:
            members["authorization_response_iss_parameter_supported"] = True
        if "par" in self.paths:
            members["pushed_authorization_request_endpoint"] = base + self.paths["par"]
        if self.publishes_logout:
            members["end_session_endpoint"] = base + self.paths["logout"]
        return members

    def redirect(self, issuer: str) -> dict[str, str]:
        return {**self.redirect_extras, **({"iss": issuer} if self.names_issuer else {})}


def back_with_state(fields: Mapping[str, str]) -> str:
    """RP-Initiated Logout 1.0, sections 2 and 3."""
    if not ({"id_token_hint", "client_id"} & fields.keys()):
        raise ValueError("the provider cannot tell who asks")
    state = {"state": fields["state"]} if "state" in fields else {}
    return f"{fields['post_logout_redirect_uri']}?{urlencode(state)}"
