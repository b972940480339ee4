"""Making one account of two.

No merge makes anybody live longer here than before: words by which either account is closed close
the one that stays, and of two end dates the earlier counts. None touches an account that has power
here, or would have once it is open again, unless she has proven that it is hers; nor a program, nor
a break-glass account. Two people of whom one SCIM connection or one directory tells are two.

Everything here is done at once and in the caller's transaction, after `mapping.models.in_force()`;
a preview does it too and rolls it back. What sessions, tokens and words of closing are about is the
flow's.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from provisioning import power, services, told_by, unlinking
from provisioning.changes import Change
from provisioning.errors import AccountUnknown, MergeNeedsProof, MergeUnfit
from provisioning.models import Account, Closure, LinkedIdentity, Merge, ServiceAccount
from provisioning.moving import Moved, Terms, given_by_hand, move

UNDOABLE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """What a merge does, as facts; the same facts stand in its preview."""

    moved: Moved
    told: told_by.Told
    roles_twice: tuple[str, ...]  # by hand at both: one of the two counts, and one stays behind
    attributes_behind: tuple[str, ...]  # that a hand wrote to the account that goes
    services: tuple[str, ...]  # usernames of programs for which she answers
    closures: tuple[tuple[str, str, str], ...]  # that go along: source, by, cause
    kept_was_open: bool
    gone_was_open: bool
    ends_at: datetime | None  # of the account that stays, from now on
    ended_at: datetime | None  # until now
    same_provider: tuple[str, ...]  # providers that know both accounts
    taken_off: tuple[int, ...]  # of the identities: that once were taken off the one that stays

    @property
    def closes(self) -> bool:
        """The account that stays was open, and is closed by it."""
        return self.kept_was_open and bool(self.closures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    id: str  # of the row
    facts: Merging
    changes: tuple[Change, ...]
    effective: dict[str, frozenset[str]]


def merge(
    kept: str,
    gone: str,
    terms: Terms,
    *,
    proven: Collection[str] = (),
) -> Merged:
    """`gone` is emptied into `kept`; `proven` are accounts that she has just shown to be hers. Both
    rows are locked until the transaction ends.

    Raises AccountUnknown, MergeUnfit, MergeNeedsProof.
    """
    stays, goes, owned = _locked(kept, gone)
    links = list(goes.identities.order_by("pk"))
    _fit(stays, goes, links)
    for each in (stays, goes):
        if str(each.pk) not in proven and power.has_power(each, terms.staff_role):
            raise MergeNeedsProof(f"{each.pk} has power here")
    hands = {row.role.name: row.pk for row in given_by_hand(goes)}
    twice = {row.role.name for row in given_by_hand(stays)} & hands.keys()
    own = {(row.source, row.by): row for row in stays.closures.all()}
    closing = {said for said, row in own.items() if not row.held}
    standing = goes.closures.filter(held=False).order_by("pk")
    carried = [row for row in standing if (row.source, row.by) not in closing]
    tells, same, taken_off = told_by.told(links), _same(stays, links), _taken_off(stays, links)
    done = move(
        links,
        {pk for role, pk in hands.items() if role not in twice},
        origin=goes,
        to=stays,
        word="merge",
        terms=terms,
    )
    for off in goes.unlinked.all():
        unlinking.keep_apart(stays, off.issuer, off.subject, off.at)
    handed = _handed(owned, str(stays.pk)) if stays.is_active else ()
    ends = [each.ends_at for each in (stays, goes) if each.ends_at is not None]
    facts = Merging(
        moved=done.moved,
        told=tells,
        roles_twice=tuple(sorted(twice)),
        attributes_behind=tuple(goes.profile.order_by("name").values_list("name", flat=True)),
        services=tuple(row.account.username for row in owned if stays.is_active),
        closures=tuple((row.source, row.by, row.cause) for row in carried),
        kept_was_open=stays.is_active,
        gone_was_open=goes.is_active,
        ends_at=min(ends, default=None),
        ended_at=stays.ends_at,
        same_provider=same,
        taken_off=taken_off,
    )
    row = Merge.objects.create(
        kept=stays,
        gone=goes,
        by=terms.actor[:200],
        at=terms.now,
        until=terms.now + UNDOABLE,
        moved=_put_back(facts, owned, own, terms.now),
    )
    return Merged(
        id=str(row.pk),
        facts=facts,
        changes=(*done.changes, *handed),
        effective=dict(done.effective),
    )


def _locked(kept: str, gone: str) -> tuple[Account, Account, list[ServiceAccount]]:
    """With the programs that go along, in one order."""
    named = [Account.objects.known(each) for each in (kept, gone)]
    owned = ServiceAccount.objects.filter(owner=named[1]).select_related("account")
    programs = list(owned.order_by("account__username"))
    wanted = [*(each.pk for each in named), *(each.account_id for each in programs)]
    rows = {row.pk: row for row in Account.objects.locked_all(wanted)}
    if any(each.pk not in rows for each in named):
        raise AccountUnknown(kept)
    return rows[named[0].pk], rows[named[1].pk], programs


def _fit(stays: Account, goes: Account, links: list[LinkedIdentity]) -> None:
    """Raises MergeUnfit."""
    both = (stays, goes)
    if stays.pk == goes.pk:
        raise MergeUnfit("same")
    if any(each.kind != Account.Kind.PERSON for each in both):
        raise MergeUnfit("no-person")
    if any(each.erased_at is not None for each in both):
        raise MergeUnfit("erased")
    if Merge.objects.filter(gone__in=both).exclude(state=Merge.State.UNDONE).exists():
        raise MergeUnfit("gone")
    theirs = list(stays.identities.all())
    if told_by.connections(theirs) & told_by.connections(links):
        raise MergeUnfit("two-in-scim")
    directories = [{row.directory_id for row in told_by.members(each)} for each in (theirs, links)]
    if directories[0] & directories[1]:
        raise MergeUnfit("two-in-directory")


def _same(stays: Account, links: list[LinkedIdentity]) -> tuple[str, ...]:
    own = {each.provider for each in stays.identities.all() if unlinking.opens(each)}
    return tuple(sorted(own & {each.provider for each in links if unlinking.opens(each)}))


def _taken_off(stays: Account, links: list[LinkedIdentity]) -> tuple[int, ...]:
    off = set(stays.unlinked.values_list("issuer", "subject"))
    return tuple(each.pk for each in links if (each.issuer, each.subject) in off)


def _handed(owned: Iterable[ServiceAccount], owner: str) -> tuple[Change, ...]:
    return tuple(
        change
        for row in owned
        for change in services.hand_over(str(row.account_id), owner=owner, contact=row.contact)
    )


def _put_back(
    facts: Merging,
    owned: list[ServiceAccount],
    own: dict[tuple[str, str], Closure],
    now: datetime,
) -> dict[str, Any]:
    """What an undo needs to put back exactly that, and to tell what is said from now on: no clock
    tells, as a word may say that it is older than it came.
    """
    along = [(source, by) for source, by, _ in facts.closures]
    stood = {said: (row.since, row.times + (said in along)) for said, row in own.items()}
    stood = dict.fromkeys(along, (now, 1)) | stood
    return {
        "identities": [each.key for each in facts.moved.identities],
        "roles": [each.key for each in facts.moved.roles if each.origin == "hand"],
        "services": [row.pk for row in owned] if facts.services else [],
        "carried": [[*said] for said in along if said not in own],
        "stood": [[*said, since.isoformat(), times] for said, (since, times) in stood.items()],
        "ends_at": [at.isoformat() if at else "" for at in (facts.ended_at, facts.ends_at)],
    }
