"""What an admin says about one OIDC provider, as a value that cannot be wrong in itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from providers.addresses import Network
from providers.errors import ProviderMisconfigured

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


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """`issuer` is the provider's own spelling, to the letter: with or without a slash at its end.

    `acr_values` are sent, and an ID token whose `acr` is none of them is refused. `max_age` is in
    seconds. `upstream_logout`: signing out here offers to sign out there too.

    `client_assertion_audience` is for whom a client_secret_jwt or private_key_jwt is written: the
    issuer, or the very endpoint that it is sent to. `par`: requests are pushed (RFC 9126), as they
    are anyway where the provider requires it. `userinfo` is the one form in which it is taken.
    `trace_claims`: the trace of a sign-in keeps the values of claims, not only names and types.
    """

    issuer: str
    client_id: str
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    token_endpoint_auth_method: ClientAuthentication = "client_secret_basic"  # noqa: S105
    client_assertion_audience: AssertionAudience = "issuer"
    signing_algorithms: tuple[str, ...] = ("RS256", "ES256", "PS256")
    id_token_encrypted: bool = False
    userinfo: Userinfo = "json"
    par: bool = False
    response_mode: ResponseMode = "query"
    acr_values: tuple[str, ...] = ()
    prompt: Prompt = ""
    max_age: int | None = None
    allowed_networks: tuple[Network, ...] = ()
    upstream_logout: bool = True
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
    values = {field: _READERS[field](field, value) for field, value in settings.items()}
    found = OidcSettings(**values)  # type: ignore[arg-type]
    if found.issuer.startswith("http:") and not found.allowed_networks:
        raise ProviderMisconfigured("issuer", "http needs its loopback address in allowed_networks")
    return found


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
        lawful = bool(parts.hostname) and parts.scheme in ("https", "http") and parts.port != 0
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
    "signing_algorithms": _algorithms,
    "id_token_encrypted": _flag,
    "userinfo": _one_of(Userinfo),
    "par": _flag,
    "response_mode": _one_of(ResponseMode),
    "acr_values": _texts,
    "prompt": _one_of(Prompt),
    "max_age": _max_age,
    "allowed_networks": _networks,
    "upstream_logout": _flag,
    "trace_claims": _flag,
}
