"""Taking an identity out of an account, into an account of its own.

Everything is done at once and in the caller's transaction, after `mapping.models.in_force()`; a
preview does it too and rolls it back.
"""

from dataclasses import dataclass
from datetime import datetime

from provisioning import jit, lifecycle, power, told_by, unlinking
from provisioning.changes import Change
from provisioning.errors import IdentityUnknown, MergeNeedsProof, MergeUnfit, OnlyIdentity
from provisioning.models import Account, LinkedIdentity, Merge
from provisioning.moving import Moved, Terms, move
from provisioning.scim.models import ScimUser
from provisioning.scim.subjects import signs_in_as


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitting:
    """What taking an identity out does."""

    moved: Moved
    told: told_by.Told
    closed: tuple[str, ...]  # sources by whose word the new account is closed, as the old one is
    ends_at: datetime | None
    scim_stays: bool  # a SCIM record of the same provider stays where it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    account: str  # the new one
    facts: Splitting
    changes: tuple[Change, ...]
    effective: dict[str, frozenset[str]]


def split(account: str, identity: int, terms: Terms) -> Split:
    """The identity, with what SCIM tells of the same person there, becomes an account of its own:
    closed if the old one is, and with the same end. What a hand gave or wrote stays.

    Raises AccountUnknown, IdentityUnknown; OnlyIdentity if nothing that stays lets her in;
    MergeNeedsProof if the account has power here, masked or not, or either came to have some;
    MergeUnfit for an account that went into another.
    """
    row = Account.objects.locked(account)
    if row.went_into.exclude(state=Merge.State.UNDONE).exists():
        raise MergeUnfit("gone")
    hers = {linked.pk: linked for linked in row.identities.order_by("pk")}
    if identity not in hers:
        raise IdentityUnknown(str(identity))
    if power.has_power(row, terms.staff_role):
        raise MergeNeedsProof(f"{row.pk} has power here")
    links, scim_stays = _with_scim(hers[identity], list(hers.values()))
    if not unlinking.ways_in(hers.values()) - {linked.pk for linked in links}:
        raise OnlyIdentity(str(identity))
    tells = told_by.told(links)
    new, made = jit.own_account(hers[identity].username or row.username, now=terms.now)
    words = list(row.closures.order_by("pk"))
    for word in words:
        lifecycle.repeat(word, str(new.pk))
    ended = lifecycle.end_at(str(new.pk), row.ends_at)
    new.refresh_from_db()
    done = move(
        links,
        (),
        origin=row,
        to=new,
        word="split",
        terms=terms,
    )
    for linked in links:
        unlinking.keep_apart(row, linked.issuer, linked.subject, terms.now)
    return Split(
        account=str(new.pk),
        facts=Splitting(
            moved=done.moved,
            told=tells,
            closed=tuple(word.source for word in words if not word.held),
            ends_at=row.ends_at,
            scim_stays=scim_stays,
        ),
        changes=(*made, *done.changes, *ended),
        effective=dict(done.effective),
    )


def _with_scim(
    chosen: LinkedIdentity, hers: list[LinkedIdentity]
) -> tuple[list[LinkedIdentity], bool]:
    """With what SCIM tells of the same person at that provider: by the subject that the connection
    names, or because she has no other identity there. Whether any such record stays.
    """
    if not unlinking.opens(chosen):
        return [chosen], False
    there = [each for each in hers if each.provider == chosen.provider]
    alone = sum(unlinking.opens(each) for each in there) == 1
    told = [each for each in there if not unlinking.opens(each)]
    users = {
        row.linked_identity_id: row
        for row in ScimUser.objects.filter(linked_identity__in=told).select_related(
            "connection__provider"
        )
    }
    along = []
    for each in told:
        user = users.get(each.pk)
        named = signs_in_as(user) if user is not None else None
        same = named is not None and (named.issuer, named.value) == (chosen.issuer, chosen.subject)
        if same or (named is None and alone):
            along.append(each)
    return [chosen, *along], len(along) < len(told)
