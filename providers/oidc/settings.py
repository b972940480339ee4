"""What an admin says about one OIDC provider, as a value that cannot be wrong in itself."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from ipaddress import ip_network
from typing import Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from providers.addresses import Network
from providers.errors import ProviderMisconfigured
from providers.oidc.claims import Place
from providers.oidc.issuer import SHARED
from providers.proxy import Proxy, proxy_at
from providers.tls import authorities

ClientAuthentication: TypeAlias = Literal[
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
]
AssertionAudience: TypeAlias = Literal["issuer", "endpoint"]
ResponseMode: TypeAlias = Literal["query", "form_post"]
Userinfo: TypeAlias = Literal["json", "signed", "encrypted", "off"]
Prompt: TypeAlias = Literal["", "login", "consent", "select_account"]

# Signatures with a key pair. Not HS256: its key would be one that both sides know, and not `none`.
SIGNING_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
    | {"ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
MAX_TEXT = 1024
MAX_AGE = 366 * 24 * 3600
RECHECK_MINUTES = range(5, 24 * 60 + 1)
_TENANT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """`issuer` is the provider's own spelling, to the letter: with or without a slash at its end.

    `acr_values` are sent, and an ID token whose `acr` is none of them is refused. `max_age` is in
    seconds. `claims_from`: the first place that has a claim wins. `upstream_logout`: signing
    out here offers to sign out there too. `recheck_every`: how often a provider is asked about
    whoever is signed in. `tenants` are those of Entra whose people may come by a shared issuer;
    `claims_providers` the issuers that are believed about what this one does not say itself.

    `client_assertion_audience` is for whom a client_secret_jwt or private_key_jwt is written: the
    issuer, or the very endpoint that it is sent to. `client_secret_expires` is the day on which the
    provider says that the secret ends. `par`: requests are pushed (RFC 9126), as they
    are anyway where the provider requires it. `userinfo` is the one form in which it is taken.
    `trace_claims`: the trace of a sign-in keeps the values of claims, not only names and types.

    `ca_certificates` (PEM) are believed besides the machine's own, for this provider's servers
    alone; by `proxy` every call to them leaves.
    """

    issuer: str
    client_id: str
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    token_endpoint_auth_method: ClientAuthentication = "client_secret_basic"  # noqa: S105
    client_assertion_audience: AssertionAudience = "issuer"
    client_secret_expires: date | None = None
    signing_algorithms: tuple[str, ...] = ("RS256", "ES256", "PS256")
    id_token_encrypted: bool = False
    userinfo: Userinfo = "json"
    claims_from: tuple[Place, ...] = ("id_token", "userinfo")
    par: bool = False
    response_mode: ResponseMode = "query"
    acr_values: tuple[str, ...] = ()
    prompt: Prompt = ""
    max_age: int | None = None
    allowed_networks: tuple[Network, ...] = ()
    ca_certificates: tuple[str, ...] = ()
    proxy: Proxy | None = None
    upstream_logout: bool = True
    recheck_every: timedelta | None = None
    tenants: tuple[str, ...] = ()
    groups_overage: bool = False
    workspace_groups: bool = False
    claims_providers: tuple[str, ...] = ()
    trace_claims: bool = False

    @property
    def decrypts(self) -> bool:
        return self.id_token_encrypted or self.userinfo == "encrypted"

    @property
    def signs_own_certificate(self) -> bool:
        """RFC 8705, 2.2: the provider knows our certificate itself, not who vouches for it."""
        return self.token_endpoint_auth_method == "self_signed_tls_client_auth"  # noqa: S105


def parse(settings: Mapping[str, object]) -> OidcSettings:
    """Raises ProviderMisconfigured, which names the field."""
    for field in settings:
        if field not in _READERS:
            known = ", ".join(sorted(_READERS))
            raise ProviderMisconfigured(field, f"is not a setting of an OIDC provider ({known})")
    for field in ("issuer", "client_id"):
        if field not in settings:
            raise ProviderMisconfigured(field, "is missing")
    values = {
        _NAMES.get(field, field): _READERS[field](field, value) for field, value in settings.items()
    }
    if values.get("userinfo") == "off":
        values.setdefault("claims_from", ("id_token",))
    found = OidcSettings(**values)  # type: ignore[arg-type]
    _check_together(found)
    return found


def _check_together(found: OidcSettings) -> None:
    """What one setting asks of another."""
    if found.userinfo == "off" and "userinfo" in found.claims_from:
        raise ProviderMisconfigured("claims_from", "names userinfo, which is off")
    if found.issuer.endswith(SHARED) is not bool(found.tenants):
        problem = "must be listed, and only where the issuer ends in organizations or common"
        raise ProviderMisconfigured("tenants", problem)
    if found.issuer.startswith("http:") and not found.allowed_networks:
        raise ProviderMisconfigured("issuer", "http needs its loopback address in allowed_networks")
    if found.issuer.startswith("http:") and found.proxy is not None:
        raise ProviderMisconfigured("proxy", "carries https alone, and this issuer is http")


def _text(field: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise ProviderMisconfigured(field, f"must be a text of 1 to {MAX_TEXT} characters")
    return value


def _flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ProviderMisconfigured(field, "must be true or false")
    return value


def _texts(field: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ProviderMisconfigured(field, "must be a list of texts")
    texts = tuple(_text(field, item) for item in value)
    if any(" " in text for text in texts):
        raise ProviderMisconfigured(field, "one item for each text, without spaces")
    return texts


def _issuer(field: str, value: object) -> str:
    issuer = _text(field, value)
    try:
        parts = urlsplit(issuer)
        # The rules about plain http read the scheme as it is written: so it is written in one way.
        lawful = issuer.startswith(("https://", "http://"))
        lawful = lawful and bool(parts.hostname) and parts.port != 0
    except ValueError:
        lawful = False
    if not lawful or "?" in issuer or "#" in issuer or "@" in issuer:
        raise ProviderMisconfigured(field, "must be an https address without query or fragment")
    return issuer


def _scopes(field: str, value: object) -> tuple[str, ...]:
    scopes = _texts(field, value)
    if "openid" not in scopes:
        raise ProviderMisconfigured(field, "must have openid: without it there is no ID token")
    return scopes


def _algorithms(field: str, value: object) -> tuple[str, ...]:
    algorithms = _texts(field, value)
    if not algorithms:
        raise ProviderMisconfigured(field, "must name at least one")
    for name in algorithms:
        if name not in SIGNING_ALGORITHMS:
            known = ", ".join(sorted(SIGNING_ALGORITHMS))
            raise ProviderMisconfigured(field, f"{name} is none of {known}")
    return algorithms


def _places(field: str, value: object) -> tuple[str, ...]:
    places = _texts(field, value)
    for place in places:
        _one_of(Place)(field, place)
    if not places or len(set(places)) < len(places):
        raise ProviderMisconfigured(field, "must name at least one place, and each once")
    return places


def _recheck(field: str, value: object) -> timedelta | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value not in RECHECK_MINUTES:
        least, most = RECHECK_MINUTES[0], RECHECK_MINUTES[-1]
        raise ProviderMisconfigured(field, f"must be a number of minutes, {least} to {most}")
    return timedelta(minutes=value)


def _day(field: str, value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ProviderMisconfigured(field, "must be a day, as 2027-03-31") from error


def _tenants(field: str, value: object) -> tuple[str, ...]:
    tenants = _texts(field, value)
    for tenant in tenants:
        if not _TENANT.fullmatch(tenant):
            raise ProviderMisconfigured(field, f"{tenant} is no tenant's id in lower case")
    return tenants


def _issuers(field: str, value: object) -> tuple[str, ...]:
    return tuple(_issuer(field, issuer) for issuer in _texts(field, value))


def _one_of(choices: object) -> Callable[[str, object], str]:
    known: tuple[str, ...] = get_args(choices)

    def read(field: str, value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise ProviderMisconfigured(field, f"must be one of {', '.join(filter(None, known))}")
        return value

    return read


def _max_age(field: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_AGE:
        raise ProviderMisconfigured(field, f"must be a number of seconds, {MAX_AGE} at most")
    return value


def _networks(field: str, value: object) -> tuple[Network, ...]:
    networks = []
    for text in _texts(field, value):
        try:
            networks.append(ip_network(text))
        except ValueError as error:
            raise ProviderMisconfigured(field, f"{text} is no network, e.g. 10.2.0.0/16") from error
    return tuple(networks)


_READERS: Mapping[str, Callable[[str, object], object]] = {
    "issuer": _issuer,
    "client_id": _text,
    "scopes": _scopes,
    "token_endpoint_auth_method": _one_of(ClientAuthentication),
    "client_assertion_audience": _one_of(AssertionAudience),
    "client_secret_expires": _day,
    "signing_algorithms": _algorithms,
    "id_token_encrypted": _flag,
    "userinfo": _one_of(Userinfo),
    "claims_from": _places,
    "par": _flag,
    "response_mode": _one_of(ResponseMode),
    "acr_values": _texts,
    "prompt": _one_of(Prompt),
    "max_age": _max_age,
    "allowed_networks": _networks,
    "ca_certificates": authorities,
    "proxy": proxy_at,
    "upstream_logout": _flag,
    "recheck_minutes": _recheck,
    "tenants": _tenants,
    "groups_overage": _flag,
    "workspace_groups": _flag,
    "claims_providers": _issuers,
    "trace_claims": _flag,
}
_NAMES = {"recheck_minutes": "recheck_every"}  # settings in units of their own
