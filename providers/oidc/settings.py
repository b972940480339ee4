"""What an admin says about one OIDC provider, as a value that cannot be wrong in itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from providers.addresses import Network
from providers.errors import ProviderMisconfigured

ClientAuthentication: TypeAlias = Literal[
    "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"
]
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
    """

    issuer: str
    client_id: str
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    token_endpoint_auth_method: ClientAuthentication = "client_secret_basic"  # noqa: S105
    signing_algorithms: tuple[str, ...] = ("RS256", "ES256", "PS256")
    userinfo: bool = True
    acr_values: tuple[str, ...] = ()
    prompt: Prompt = ""
    max_age: int | None = None
    allowed_networks: tuple[Network, ...] = ()
    upstream_logout: bool = True


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


def _client_authentication(field: str, value: object) -> str:
    return _one_of(field, value, get_args(ClientAuthentication))


def _prompt(field: str, value: object) -> str:
    return _one_of(field, value, get_args(Prompt))


def _one_of(field: str, value: object, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise ProviderMisconfigured(field, f"must be one of {', '.join(filter(None, choices))}")
    return value


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
    "token_endpoint_auth_method": _client_authentication,
    "signing_algorithms": _algorithms,
    "userinfo": _flag,
    "acr_values": _texts,
    "prompt": _prompt,
    "max_age": _max_age,
    "allowed_networks": _networks,
    "upstream_logout": _flag,
}
