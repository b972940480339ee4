"""What an admin says about one SAML provider, as values that cannot be wrong in themselves."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from providers.errors import ProviderMisconfigured
from providers.saml import names
from providers.saml.keys import KeyUnusable, belong_together, certificate_pem
from providers.saml.signatures import SignedParts

MAX_TEXT = 1024  # letters; saml-core 8.3.6 for entity ids
MAX_CERTIFICATES = 5  # each is tried for each signature
MAX_CONTEXTS = 20  # classes of authentication

MessageBinding: TypeAlias = Literal["redirect", "post"]
# By which an answer may differ from the classes that were asked for (saml-core 3.3.2.2.1).
Comparison: TypeAlias = Literal["exact", "minimum", "maximum", "better"]

# The formats that an admin may name in short.
NAME_ID_FORMATS: Mapping[str, str] = {
    "persistent": names.PERSISTENT,
    "transient": names.TRANSIENT,
    "emailAddress": names.EMAIL_ADDRESS,
    "unspecified": names.UNSPECIFIED,
}
# A NameID of these formats may be who somebody is for ever. The others change, or pass to others.
LASTING_FORMATS = frozenset({names.PERSISTENT, names.UNSPECIFIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlSettings:
    """`entity_id` is the provider's own spelling, to the letter.

    `signed` says which parts of an answer must be signed; "none" cannot be said. `name_id_format`
    is asked for. `subject_attribute` names the attribute by which the provider knows a person for
    ever; without it the NameID is that, which only a lasting format can be. `allow_cbc` lets in
    ciphers that do not protect what they encrypt, for providers that know no other. `trace_claims`:
    the trace of a sign-in keeps the values of attributes, not only their names.

    `authn_context` are the classes of authentication that are asked for. Which class is better than
    another SAML does not say, so for every comparison but `exact` the row lists the answers that
    will do.
    """

    entity_id: str
    sso_url: str
    certificates: tuple[str, ...]  # PEM; more than one while the provider changes its key
    signed: SignedParts
    slo_url: str | None = None  # without it there is no signing out there
    slo_binding: MessageBinding = "redirect"
    slo_response_url: str | None = None  # where it wants answers, if elsewhere than questions
    encrypted: bool = False
    allow_cbc: bool = False
    name_id_format: str = names.PERSISTENT
    subject_attribute: str | None = None
    sso_binding: MessageBinding = "redirect"
    signature_algorithm: str = names.RSA_SHA256  # of what we sign
    authn_context: tuple[str, ...] = ()
    authn_context_comparison: Comparison = "exact"
    accepted_authn_contexts: tuple[str, ...] = ()
    idp_initiated: bool = False
    trace_claims: bool = False

    @property
    def answering_contexts(self) -> tuple[str, ...]:
        """Classes of which the answer must name one; empty if none was asked for."""
        return self.accepted_authn_contexts or self.authn_context


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlSecrets:
    """Our side of the connection, PEM, keys and certificates in the same order.

    The first key signs. While one is being replaced there is a second, the next one or the previous
    one: both open what was encrypted to us, and our metadata has both.
    """

    private_keys: tuple[str, ...] = field(repr=False)
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The part of the settings that our own metadata tells."""

    signed: SignedParts = "assertion"
    name_id_format: str = names.PERSISTENT


def expected(settings: Mapping[str, object]) -> Expected:
    """Also of a row that nobody has finished: a provider may want our side first. Raises
    ProviderMisconfigured.
    """
    told = {name: settings[name] for name in ("signed", "name_id_format") if name in settings}
    values = {name: _READERS[name](name, value) for name, value in told.items()}
    return Expected(**values)  # type: ignore[arg-type]


def parse(settings: Mapping[str, object]) -> SamlSettings:
    """Raises ProviderMisconfigured, which names the field."""
    for name in settings:
        if name not in _READERS:
            known = ", ".join(sorted(_READERS))
            raise ProviderMisconfigured(name, f"is not a setting of a SAML provider ({known})")
    for name in ("entity_id", "sso_url", "certificates", "signed"):
        if name not in settings:
            raise ProviderMisconfigured(name, "is missing")
    values = {name: _READERS[name](name, value) for name, value in settings.items()}
    found = SamlSettings(**values)  # type: ignore[arg-type]
    if found.subject_attribute is None and found.name_id_format not in LASTING_FORMATS:
        raise ProviderMisconfigured(
            "subject_attribute", "must name a lasting attribute, as this name_id_format is none"
        )
    _check_contexts(found)
    return found


def _check_contexts(found: SamlSettings) -> None:
    """So that what was asked for can always be checked on return."""
    asked, accepted = found.authn_context, found.accepted_authn_contexts
    exact = found.authn_context_comparison == "exact"
    if not asked and (accepted or not exact):
        raise ProviderMisconfigured("authn_context", "is missing: there is nothing to compare with")
    if asked and not exact and not accepted:
        raise ProviderMisconfigured(
            "accepted_authn_contexts",
            "is missing: SAML puts the classes in no order, so name each answer that will do",
        )
    if exact and accepted:
        raise ProviderMisconfigured(
            "accepted_authn_contexts", "is for the other comparisons: exact takes authn_context"
        )


def parse_secrets(secrets: Mapping[str, str]) -> SamlSecrets:
    """Raises ProviderMisconfigured, which names the secret."""
    pairs = [
        _key_pair(secrets, prefix)
        for prefix in ("", "next_", "previous_")
        if not prefix or secrets.keys() & {f"{prefix}sp_private_key", f"{prefix}sp_certificate"}
    ]
    keys, certificates = zip(*pairs, strict=True)
    return SamlSecrets(private_keys=keys, certificates=certificates)


def _key_pair(secrets: Mapping[str, str], prefix: str) -> tuple[str, str]:
    key_name, certificate_name = f"{prefix}sp_private_key", f"{prefix}sp_certificate"
    for name in (key_name, certificate_name):
        if not secrets.get(name):
            raise ProviderMisconfigured(f"secrets.{name}", "is missing: every request is signed")
    try:
        certificate = certificate_pem(secrets[certificate_name])
    except KeyUnusable as error:
        raise ProviderMisconfigured(f"secrets.{certificate_name}", str(error)) from error
    try:
        fits = belong_together(secrets[key_name], certificate)
    except KeyUnusable as error:
        raise ProviderMisconfigured(f"secrets.{key_name}", str(error)) from error
    if not fits:
        raise ProviderMisconfigured(f"secrets.{certificate_name}", f"is not that of {key_name}")
    return secrets[key_name], certificate


def _text(name: str, value: object) -> str:
    lawful = isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= MAX_TEXT
    if not isinstance(value, str) or not lawful or not value.isprintable():
        raise ProviderMisconfigured(name, f"must be a line of 1 to {MAX_TEXT} letters")
    return value


def _optional_text(name: str, value: object) -> str | None:
    return None if value is None else _text(name, value)


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ProviderMisconfigured(name, "must be true or false")
    return value


def _address(name: str, value: object) -> str:
    """Where browsers are sent: https, or http on the machine itself for trying things out."""
    address = _text(name, value)
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        lawful = bool(host) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        lawful = False
    plain = all("!" <= letter <= "~" for letter in address) and not set(address) & set('#\\"<>')
    if not lawful or not plain:
        raise ProviderMisconfigured(name, "must be a plain https address")
    own = host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and own):
        raise ProviderMisconfigured(name, "must be https, but on this machine itself")
    return address


def _optional_address(name: str, value: object) -> str | None:
    return None if value is None else _address(name, value)


def _certificates(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_CERTIFICATES:
        raise ProviderMisconfigured(name, f"must be a list of 1 to {MAX_CERTIFICATES}")
    found = []
    for position, item in enumerate(value):
        try:
            found.append(certificate_pem(item if isinstance(item, str) else ""))
        except KeyUnusable as error:
            raise ProviderMisconfigured(f"{name}.{position}", str(error)) from error
    return tuple(dict.fromkeys(found))


def _one_of(known: Iterable[str]) -> Callable[[str, object], str]:
    words = tuple(known)

    def read(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise ProviderMisconfigured(name, f"must be one of {', '.join(words)}")
        return value

    return read


def _signature_algorithm(name: str, value: object) -> str:
    return names.RSA_BY_NAME[_one_of(names.RSA_BY_NAME)(name, value)]


def _contexts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_CONTEXTS:
        raise ProviderMisconfigured(name, f"must be a list of at most {MAX_CONTEXTS}")
    return tuple(dict.fromkeys(_text(f"{name}.{at}", item) for at, item in enumerate(value)))


def _name_id_format(name: str, value: object) -> str:
    text = _text(name, value)
    found = NAME_ID_FORMATS.get(text, text)
    if found not in NAME_ID_FORMATS.values():
        known = ", ".join(NAME_ID_FORMATS)
        raise ProviderMisconfigured(name, f"must be one of {known}, or its URN")
    return found


_READERS: Mapping[str, Callable[[str, object], object]] = {
    "entity_id": _text,
    "sso_url": _address,
    "slo_url": _optional_address,
    "slo_binding": _one_of(get_args(MessageBinding)),
    "slo_response_url": _optional_address,
    "certificates": _certificates,
    "signed": _one_of(get_args(SignedParts)),
    "encrypted": _flag,
    "allow_cbc": _flag,
    "name_id_format": _name_id_format,
    "subject_attribute": _optional_text,
    "sso_binding": _one_of(get_args(MessageBinding)),
    "signature_algorithm": _signature_algorithm,
    "authn_context": _contexts,
    "authn_context_comparison": _one_of(get_args(Comparison)),
    "accepted_authn_contexts": _contexts,
    "idp_initiated": _flag,
    "trace_claims": _flag,
}
