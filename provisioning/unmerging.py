"""Taking a merge back: what moved and is still there goes back, and nothing else.

What was said since counts for both: who was closed after the merge is closed at both accounts, so
an undo lets nobody in who has gone meanwhile. Everything is done at once and in the caller's
transaction, after `mapping.models.in_force()`; a preview does it too and rolls it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from provisioning import lifecycle, reconciling, roles, services, unlinking
from provisioning.changes import Change
from provisioning.errors import MergeOver
from provisioning.models import Account, Merge, ServiceAccount, Source
from provisioning.moving import Moved, Terms, given_by_hand, move
from provisioning.power import giving_power

AT_ONCE = 500  # of those that nobody can undo any more, in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What an undo does, and what changed since the merge; the same facts stand in its preview."""

    moved: Moved
    identities_missing: int  # taken off or split off since
    roles_missing: int  # by hand, taken back since
    identities_since: tuple[tuple[str, str], ...]  # provider and name there; they stay
    roles_since: tuple[str, ...]  # by hand since; they stay
    services: tuple[str, ...]
    gone_opens: bool
    gone_closed_by: tuple[str, ...]  # sources by whose word it stays closed
    kept_opens: bool
    ends_at: datetime | None  # of the account that stayed, from now on
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    merge: Merge
    facts: Undoing
    changes: tuple[Change, ...]
    effective: dict[str, frozenset[str]]


def undo(merge: UUID, terms: Terms) -> Undone:
    """Raises MergeOver; MergeNeedsProof if an account came to have power that it has not now."""
    row, stayed, went, owned = _locked(merge, terms.now)
    was = {each: roles.effective(str(each.pk)) for each in (stayed, went)}
    moved, again = row.moved, {held.role_id for held in given_by_hand(went)}
    hands = [
        held
        for held in given_by_hand(stayed)
        if held.pk in moved["roles"] and held.role_id not in again
    ]
    links = list(stayed.identities.filter(pk__in=moved["identities"]).order_by("pk"))
    done = move(
        links,
        {held.pk for held in hands},
        origin=stayed,
        to=went,
        word="undo",
        terms=terms,
    )
    for linked in links:
        unlinking.keep_apart(stayed, linked.issuer, linked.subject, terms.now)
    was_open = stayed.is_active
    _closures(row, stayed, went)
    ended, before = stayed.ends_at, _end_before(row, stayed)
    changes = [*done.changes, *lifecycle.end_at(str(stayed.pk), before)]
    for each in (stayed, went):
        each.refresh_from_db()
    if went.is_active:
        for one in owned:
            changes += services.hand_over(
                str(one.account_id), owner=str(went.pk), contact=one.contact
            )
    settled = reconciling.settle_many(
        [stayed.pk, went.pk], terms.rules, staff_role=terms.staff_role
    )
    joined = stayed.identities.filter(first_seen__gt=row.at).order_by("pk")
    given = [each.role.name for each in given_by_hand(stayed) if each.since > row.at]
    facts = Undoing(
        moved=_settled(done.moved, stayed, went, was, settled.effective, terms.staff_role),
        identities_missing=len(moved["identities"]) - len(links),
        roles_missing=len(moved["roles"]) - len(hands),
        identities_since=tuple(joined.values_list("provider", "username")),
        roles_since=tuple(sorted(given)),
        services=tuple(one.account.username for one in owned if went.is_active),
        gone_opens=went.is_active,
        gone_closed_by=tuple(went.closures.order_by("pk").values_list("source", flat=True)),
        kept_opens=stayed.is_active and not was_open,
        ends_at=before,
        ended_at=ended,
    )
    row.state, row.moved = Merge.State.UNDONE, {}
    row.ended_by, row.ended_at = terms.actor[:200], terms.now
    row.save(update_fields=["state", "ended_by", "ended_at", "moved"])
    return Undone(
        merge=row,
        facts=facts,
        changes=(*changes, *settled.changes),
        effective=dict(settled.effective),
    )


def expire(now: datetime) -> list[Merge]:
    """Of whom it is too late for an undo, what that would have put back is forgotten."""
    due = Merge.objects.filter(state=Merge.State.DONE, until__lte=now).order_by("until", "pk")
    rows = list(due.select_for_update(of=("self",))[:AT_ONCE])
    Merge.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Merge.State.EXPIRED, moved={}, ended_at=now
    )
    return rows


def _locked(merge: UUID, now: datetime) -> tuple[Merge, Account, Account, list[ServiceAccount]]:
    """With both accounts and whatever goes back, locked in one order. Raises MergeOver."""
    known = Merge.objects.filter(pk=merge).first()
    if known is None:
        raise MergeOver(str(merge))
    owned = ServiceAccount.objects.filter(
        pk__in=known.moved.get("services", ()), owner=known.kept_id
    )
    programs = list(owned.select_related("account").order_by("account__username"))
    wanted = [known.kept_id, known.gone_id, *(each.account_id for each in programs)]
    rows = {row.pk: row for row in Account.objects.locked_all(wanted)}
    row = Merge.objects.select_for_update(of=("self",)).filter(pk=merge).first()
    if row is None or row.state != Merge.State.DONE or now >= row.until:
        raise MergeOver(str(merge))
    further = Merge.objects.filter(gone=row.kept_id).exclude(state=Merge.State.UNDONE)
    if further.exists():
        raise MergeOver("the account that stayed went into another one itself")
    return row, rows[row.kept_id], rows[row.gone_id], programs


def _closures(row: Merge, stayed: Account, went: Account) -> None:
    """What went along goes back, what was lifted meanwhile is lifted, and what was said since, or
    again, counts for both.
    """
    carried = {(source, by) for source, by in row.moved["carried"]}
    stood = {
        (source, by): (datetime.fromisoformat(since), times)
        for source, by, since, times in row.moved.get("stood", ())
    }
    standing = {(each.source, each.by): each for each in stayed.closures.order_by("pk")}
    since = [word for said, word in standing.items() if stood.get(said) != (word.since, word.times)]
    for word in since:
        if not word.held:
            lifecycle.repeat(word, str(went.pk))
    for said, word in sorted(standing.items()):
        if said in carried and word not in since:
            lifecycle.lift(str(stayed.pk), source=Source(word.source), by=word.by)
    for source, by in sorted(carried - standing.keys()):
        lifecycle.lift(str(went.pk), source=Source(source), by=by)
    lifecycle.lift(str(went.pk), source=Source.MERGE, by=row.by)
    for word in since:
        if word.held:  # once it is known whether the account is open
            lifecycle.repeat(word, str(went.pk))


def _end_before(row: Merge, stayed: Account) -> datetime | None:
    """Unless somebody moved it since."""
    before, after = row.moved["ends_at"]
    if before == after or (stayed.ends_at.isoformat() if stayed.ends_at else "") != after:
        return stayed.ends_at
    return datetime.fromisoformat(before) if before else None


def _settled(
    moved: Moved,
    stayed: Account,
    went: Account,
    was: dict[Account, frozenset[str]],
    effective: Mapping[str, frozenset[str]],
    staff_role: str,
) -> Moved:
    """With what counts after the words of closing went where they belong."""
    sides = []
    for account, side in ((stayed, moved.origin), (went, moved.to)):
        now = effective[str(account.pk)]
        gained, lost = sorted(now - was[account]), sorted(was[account] - now)
        sides.append(replace(side, gained=tuple(gained), lost=tuple(lost)))
    gains = sides[0].gained + sides[1].gained
    power = tuple(sorted(giving_power(gains, staff_role)))
    return replace(moved, origin=sides[0], to=sides[1], power=power)
