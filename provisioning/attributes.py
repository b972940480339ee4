"""What people's standard attributes are, by whose word, and whose word counts.

Each source says for itself: a hand, SCIM, a directory, a provider at sign-in. They have the word in
that order, providers among each other by the number in their rows, and of the same number whoever
spoke last. A source that does not name an attribute any more, takes nothing back; whoever
withdraws, does, and the next best word stands. What stands of name and address is written to the
account, where apps and sessions read it; live sessions hear of it with their next sign-in.

Of addresses one that is vouched for goes before all others but a hand's: apps may key on it, and no
bare word takes the place of what another source vouches for.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from providers.identity import ExternalIdentity
from providers.models import DEFAULT_PRECEDENCE, Provider
from provisioning import history
from provisioning.changes import Change, ProfileChanged
from provisioning.models import SCIM_ISSUERS, Account, LinkedIdentity, ProfileValue
from provisioning.profile import Attribute, ProfilePolicy, clean

_KINDS = tuple(ProfileValue.Source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who says it: an identity in one of three ways, or somebody's hand."""

    kind: ProfileValue.Source
    linked: LinkedIdentity | None = None  # None for a hand
    by: str = ""  # for a hand: whose

    @property
    def actor(self) -> str:
        return self.by if self.linked is None else self.linked.provider

    def says(self, row: ProfileValue) -> bool:
        of = self.linked.pk if self.linked is not None else None
        return row.source == self.kind and row.linked_identity_id == of

    def row(self, account: Account, name: Attribute) -> ProfileValue:
        return ProfileValue(
            account=account, name=name, source=self.kind, linked_identity=self.linked
        )

    def words(self) -> str:
        if self.linked is None:
            return "hand"
        return f"{self.kind.value} {self.linked.provider}"


def by_hand(actor: str) -> Source:
    return Source(kind=ProfileValue.Source.HAND, by=actor)


def by_scim(linked: LinkedIdentity) -> Source:
    return Source(kind=ProfileValue.Source.SCIM, linked=linked)


def by_directory(linked: LinkedIdentity) -> Source:
    return Source(kind=ProfileValue.Source.DIRECTORY, linked=linked)


def by_provider(linked: LinkedIdentity) -> Source:
    return Source(kind=ProfileValue.Source.PROVIDER, linked=linked)


def foretold(linked: LinkedIdentity) -> Source:
    """Of whom her company told before she came: by SCIM, whose connections are issuers of ours, or
    else by a directory.
    """
    scim = linked.issuer.startswith(SCIM_ISSUERS)
    return by_scim(linked) if scim else by_directory(linked)


def tell(
    account: Account,
    source: Source,
    values: Mapping[Attribute, str],
    *,
    vouched: bool = False,
    first: Collection[Attribute] = (),
    now: datetime,
) -> tuple[Change, ...]:
    """`source` says this of the account now, whose row the caller has locked. What it does not
    name, or says nothing of, stays as it was. `vouched`: its word for the address is taken.
    Of what is `first`, a source's first word stands. The same again writes nothing.
    """
    told = _Said.of(account, source)
    before = told.values()
    own = {row.name: row for row in told.rows if source.says(row)}
    fresh: list[ProfileValue] = []
    restated: list[ProfileValue] = []
    for name, text in values.items():
        value, verified = clean(name, text), vouched and name is Attribute.EMAIL
        row = own.get(name)
        if not value or (row is not None and (name in first or row.says(value, verified=verified))):
            continue
        (fresh if row is None else restated).append(row := row or source.row(account, name))
        row.value, row.verified, row.by, row.since = value, verified, source.by, now
    ProfileValue.objects.bulk_create(fresh)
    if restated:
        ProfileValue.objects.bulk_update(restated, ["value", "verified", "by", "since"])
    told.rows += fresh
    return _settled(account, before, told, source, now)


def tell_from_claims(
    source: Source,
    identity: ExternalIdentity,
    policy: ProfilePolicy,
    *,
    vouched: bool,
    now: datetime,
) -> tuple[Change, ...]:
    """The same for the claims of the source's own identity: of a sign-in as far as the policy takes
    them, while whoever tells of people beforehand is asked for what is kept at all.
    """
    assert source.linked is not None  # noqa: S101 -- a hand has no claims
    if source.kind is not ProfileValue.Source.PROVIDER:
        policy = policy.foretold()
    told = policy.told(identity, settings.CLAIMS_NOT_KEPT)
    return tell(source.linked.account, source, told, vouched=vouched, first=policy.first, now=now)


def withdraw(
    account: Account, source: Source, names: Iterable[Attribute] | None = None, *, now: datetime
) -> tuple[Change, ...]:
    """`source` says this no more, None all of it: the next best word stands, or none. The caller
    has locked the account's row.
    """
    gone = set(Attribute if names is None else names)
    told = _Said.of(account, source)
    return _without(
        account, told, [r for r in told.rows if source.says(r) and r.name in gone], source, now
    )


def withdraw_identity(linked: LinkedIdentity, *, actor: str, now: datetime) -> tuple[Change, ...]:
    """Whatever this identity said, in any way, is said no more; to be called before its link goes,
    by a caller who has locked the account's row.
    """
    told = _Said.of(linked.account)
    gone = [row for row in told.rows if row.linked_identity_id == linked.pk]
    return _without(linked.account, told, gone, by_hand(actor), now)


def move(
    identities: Iterable[LinkedIdentity],
    origin: Account,
    to: Account,
    *,
    actor: str,
    now: datetime,
) -> tuple[Change, ...]:
    """What these identities said of `origin` is said of `to` from now on, as their links are moved.
    The caller has locked the rows of both. What a hand said stays where it was said.
    """
    before = {account: _Said.of(account).values() for account in (origin, to)}
    rows = ProfileValue.objects.filter(account=origin, linked_identity__in=list(identities))
    rows.update(account=to)
    changes: list[Change] = []
    for account, was in before.items():
        changes += _settled(account, was, _Said.of(account), by_hand(actor), now)
    return tuple(changes)


def standing(account: Account) -> dict[Attribute, ProfileValue]:
    """The word that counts of each attribute of which anything is said; at most two queries."""
    return _Said.of(account).standing()


def said(account: Account) -> list[ProfileValue]:
    """Everything that anybody says: attributes in the order of their list, and of each that first
    which counts.
    """
    return _Said.of(account).ordered()


@dataclass(slots=True, kw_only=True)
class _Said:
    """Everything that is said of one account."""

    rows: list[ProfileValue]
    precedences: Mapping[str, int]  # by slug; asked for only where providers are to be compared

    @classmethod
    def of(cls, account: Account, source: Source | None = None) -> "_Said":
        rows = list(account.profile.select_related("linked_identity").order_by("pk"))
        if source is not None and source.linked is not None:
            for row in rows:  # as the caller has it, who may not have saved it yet
                if row.linked_identity_id == source.linked.pk:
                    row.linked_identity = source.linked
        slugs = {row.linked_identity.provider for row in rows if row.linked_identity is not None}
        if source is not None and source.linked is not None:
            slugs.add(source.linked.provider)
        several = Provider.objects.filter(slug__in=slugs) if len(slugs) > 1 else None
        return cls(
            rows=rows,
            precedences=dict(several.values_list("slug", "precedence")) if several else {},
        )

    def values(self) -> dict[Attribute, str]:
        return {name: row.value for name, row in self.standing().items()}

    def standing(self) -> dict[Attribute, ProfileValue]:
        found: dict[Attribute, ProfileValue] = {}
        for row in self.ordered():
            found.setdefault(Attribute(row.name), row)
        return found

    def ordered(self) -> list[ProfileValue]:
        order = {name.value: at for at, name in enumerate(Attribute)}
        return sorted(self.rows, key=lambda row: (order[row.name], *self._rank(row)))

    def verified(self, address: str) -> bool:
        """Whether anybody vouches for it; the case of letters aside, as mail systems do."""
        return any(
            row.verified and row.value.lower() == address.lower()
            for row in self.rows
            if row.name == Attribute.EMAIL
        )

    def _rank(self, row: ProfileValue) -> tuple[float, ...]:
        if row.linked_identity is None:
            return (0,)
        return (
            1 if row.name != Attribute.EMAIL or row.verified else 2,
            _KINDS.index(ProfileValue.Source(row.source)),
            self.precedences.get(row.linked_identity.provider, DEFAULT_PRECEDENCE),
            -row.linked_identity.last_seen.timestamp(),
            -row.linked_identity.pk,
        )


def _without(
    account: Account, told: _Said, gone: list[ProfileValue], source: Source, now: datetime
) -> tuple[Change, ...]:
    if not gone:
        return ()
    before = told.values()
    ProfileValue.objects.filter(pk__in=[row.pk for row in gone]).delete()
    told.rows = [row for row in told.rows if row not in gone]
    return _settled(account, before, told, source, now)


def _settled(
    account: Account,
    before: Mapping[Attribute, str],
    told: _Said,
    source: Source,
    now: datetime,
) -> tuple[Change, ...]:
    """Name and address are compared with the account itself, which may have an address of which
    nobody says anything: that stays.
    """
    after = told.values()
    changed = {
        name: (was, after.get(name, ""))
        for name in Attribute
        if (name in before or name in after)
        and (was := _was(account, name, before)) != after.get(name, "")
    }
    written: list[str] = [name for name in (Attribute.NAME, Attribute.EMAIL) if name in changed]
    for name in written:
        setattr(account, name, changed[Attribute(name)][1])
    if Attribute.EMAIL in before or Attribute.EMAIL in after:
        verified = told.verified(account.email)
        if account.email_verified is not verified:
            account.email_verified = verified
            written.append("email_verified")
    if written:
        account.save(update_fields=written)
    if changed:
        history.note(account, changed, actor=source.actor, source=source.words(), at=now)
    fields = [*changed, *(name for name in written if name not in changed)]
    if not fields:
        return ()
    return (
        ProfileChanged(
            account=str(account.pk), fields=tuple(map(str, fields)), source=source.words()
        ),
    )


def _was(account: Account, name: Attribute, before: Mapping[Attribute, str]) -> str:
    if name is Attribute.NAME:
        return account.name
    return account.email if name is Attribute.EMAIL else before.get(name, "")
