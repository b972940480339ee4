"""What a provider publishes about itself (OpenID Connect Discovery 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from providers.connector import SharedCache
from providers.errors import ProviderUnreachable
from providers.http import MAX_URL, HttpClient, HttpResponse
from providers.oidc.documents import Documents
from providers.oidc.issuer import Issuer
from providers.oidc.json_object import NotAnObject, json_object
from providers.oidc.settings import OidcSettings

MAX_METADATA = 256 * 1024

_ALIASED = ("token_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """OpenID Connect Discovery 1.0, section 3; only what is used."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    pushed_authorization_request_endpoint: str | None  # RFC 9126, 5
    requires_pushed_requests: bool
    answers_name_issuer: bool  # RFC 9207, 3: authorization_response_iss_parameter_supported
    mtls_endpoint_aliases: Mapping[str, str]  # RFC 8705, 5; of those that we call

    def with_client_certificate(self) -> "ProviderMetadata":
        """The endpoints for a client that shows a certificate: the aliases, where there are any."""
        return replace(self, **self.mtls_endpoint_aliases)  # type: ignore[arg-type]


class Published(Documents):
    """One provider's documents. Every method raises ProviderUnreachable, SharedCacheUnavailable."""

    def __init__(
        self, slug: str, issuer: str, http: HttpClient, cache: SharedCache, *, named: str = ""
    ) -> None:
        """`named`: what the document calls its issuer, where that is not where it stands."""
        # Slug and issuer both: keys of one connection never verify for another, and a row that is
        # pointed elsewhere starts anew.
        prefix = f"oidc:{slug}:{sha256(issuer.encode()).hexdigest()[:16]}"
        super().__init__(prefix, issuer, http, cache)
        self._named = named or issuer

    def metadata(self, now: datetime) -> ProviderMetadata:
        return _read_metadata(self._kept("metadata", self._fetch_metadata, now), self._named)

    def _jwks_uri(self, now: datetime) -> str:
        return self.metadata(now).jwks_uri

    def _fetch_metadata(self) -> HttpResponse:
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        response = self._document(url, MAX_METADATA)
        _read_metadata(response.body, self._named)
        return response


@lru_cache(maxsize=64)
def _read_metadata(document: bytes, issuer: str) -> ProviderMetadata:
    """Discovery 1.0, 4.3: the document's issuer must be the one that was asked for, exactly."""
    try:
        values = json_object(document)
    except NotAnObject as error:
        raise ProviderUnreachable(f"{issuer}: a discovery document that is {error}") from error
    if values.get("issuer") != issuer:
        raise ProviderUnreachable(f"{issuer}: its discovery document names another issuer")
    return ProviderMetadata(
        authorization_endpoint=_needed(values, "authorization_endpoint", issuer),
        token_endpoint=_needed(values, "token_endpoint", issuer),
        jwks_uri=_needed(values, "jwks_uri", issuer),
        userinfo_endpoint=endpoint(values, "userinfo_endpoint", issuer),
        end_session_endpoint=endpoint(values, "end_session_endpoint", issuer),
        pushed_authorization_request_endpoint=endpoint(
            values, "pushed_authorization_request_endpoint", issuer
        ),
        requires_pushed_requests=values.get("require_pushed_authorization_requests") is True,
        answers_name_issuer=values.get("authorization_response_iss_parameter_supported") is True,
        mtls_endpoint_aliases=_aliases(values, issuer),
    )


def _aliases(values: dict[str, object], issuer: str) -> dict[str, str]:
    told = values.get("mtls_endpoint_aliases")
    aliases = told if isinstance(told, dict) else {}
    found = {name: endpoint(aliases, name, issuer) for name in _ALIASED}
    return {name: url for name, url in found.items() if url is not None}


def _needed(values: dict[str, object], name: str, issuer: str) -> str:
    found = endpoint(values, name, issuer)
    if found is None:
        raise ProviderUnreachable(f"{issuer}: its discovery document has no {name}")
    return found


def endpoint(values: dict[str, object], name: str, issuer: str) -> str | None:
    """https, or http where the issuer itself is; whether it may be called, the HTTP client says."""
    url = values.get(name)
    if url is None:
        return None
    schemes = ("https", "http") if issuer.startswith("http:") else ("https",)
    if not isinstance(url, str) or len(url) > MAX_URL or not _is_address(url, schemes):
        raise ProviderUnreachable(f"{issuer}: its {name} is no https address")
    return url


def _is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = all("!" <= letter <= "~" for letter in url) and "#" not in url and "\\" not in url
    return plain and parts.scheme in schemes and bool(parts.hostname) and "@" not in parts.netloc


def published(slug: str, settings: OidcSettings, http: HttpClient, cache: SharedCache) -> Published:
    """The documents of the row's own provider."""
    issuer = Issuer(configured=settings.issuer, tenants=frozenset(settings.tenants))
    return Published(slug, settings.issuer, http, cache, named=issuer.published)
