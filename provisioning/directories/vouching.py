"""What a directory says of a person, as her provider would say it.

A directory knows groups, names and an address. Whatever else her provider last said of her stays:
a directory is silent about it, and silence is no word.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from providers.errors import ProviderMisconfigured
from providers.identity import ClaimSet, ExternalIdentity, Subject
from providers.models import Provider
from provisioning.directories.source import MAX_GROUPS, Person
from provisioning.linking import MAX_SUBJECT

_MAX_TEXT = 500  # letters, of one thing that is said of somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One person, with all her groups in one order."""

    subject: str
    username: str
    name: str
    email: str
    email_verified: bool
    groups: tuple[str, ...]

    @classmethod
    def of(cls, person: Person, groups: Iterable[str]) -> "Told":
        every = sorted(filter(str.isprintable, {*person.groups, *groups}))
        return cls(
            subject=person.subject,
            username=_plain(person.username),
            name=_plain(person.name),
            email=person.email[:_MAX_TEXT] if person.email.isprintable() else "",
            email_verified=person.email_verified,
            groups=tuple(group[:_MAX_TEXT] for group in every[:MAX_GROUPS]),
        )

    @classmethod
    def parse(cls, plain: Mapping[str, object]) -> "Told":
        groups = plain["groups"]
        assert isinstance(groups, list)  # noqa: S101 -- sealed by us
        return cls(**{**plain, "groups": tuple(groups)})  # type: ignore[arg-type]

    def plain(self) -> dict[str, object]:
        """What `parse` reads."""
        return asdict(self)

    @property
    def digest(self) -> str:
        return sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()


def _plain(text: str) -> str:
    return "".join(filter(str.isprintable, text[:_MAX_TEXT]))


def could_sign_in(subject: str) -> bool:
    """Whether anybody could, by this subject, and a row could hold it. It is nobody's otherwise."""
    return 0 < len(subject) <= MAX_SUBJECT and subject.isprintable()


def issuer_of(provider: Provider) -> str:
    """The issuer of this provider's subjects at sign-in. Raises ProviderMisconfigured."""
    if provider.protocol == Provider.Protocol.SAML:
        name, prefix = "entity_id", "saml:"
    else:
        name, prefix = "issuer", ""
    value = provider.settings.get(name)
    if not isinstance(value, str) or not value:
        raise ProviderMisconfigured(name, "is not set")
    return f"{prefix}{value}"


def identity(
    told: Told, provider: Provider, before: ExternalIdentity | None, now: datetime
) -> ExternalIdentity:
    """As if she signed in, over what the provider said of her `before`. Raises ResponseInvalid for
    more than one person can have, ProviderMisconfigured.
    """
    email = told.email or (before.email if before else None)
    still = before is not None and before.email_verified and before.email == email
    verified = bool(email) and (told.email_verified or still)
    said: dict[str, object] = {"groups": list(told.groups)}
    for name, value in (("preferred_username", told.username), ("name", told.name)):
        said |= {name: value} if value else {}
    said |= {"email": email, "email_verified": verified} if email else {}
    claims = before.claims.changed(said, without=()) if before else _first(told.subject, said)
    return ExternalIdentity(
        provider=provider.slug,
        subject=Subject(issuer=issuer_of(provider), value=told.subject),
        claims=claims,
        username=told.username or (before.username if before else ""),
        name=told.name or (before.name if before else ""),
        email=email,
        email_verified=verified,
        authenticated_at=before.authenticated_at if before else now,
        acr=before.acr if before else None,
        amr=before.amr if before else (),
        upstream_session=None,
        upstream_names=(),
    )


def _first(subject: str, said: Mapping[str, object]) -> ClaimSet:
    return ClaimSet({"sub": subject, **said})
