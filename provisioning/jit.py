"""Making the account that an identity needs, at the moment of its sign-in."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from itertools import count

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from mapping.ruleset import Decision, RuleSet
from providers.dialects.addresses import well_formed
from providers.identity import ExternalIdentity
from provisioning import attributes, invited, last_identity, linking, roles
from provisioning.attributes import Source
from provisioning.changes import (
    AccountCreated,
    Change,
    IdentityLinked,
    InvitationTaken,
    Provisioned,
)
from provisioning.errors import (
    ApprovalWanted,
    LinkConflict,
    NotAdmitted,
    ProofWanted,
)
from provisioning.models import Account, JoinRequest, LinkedIdentity
from provisioning.policy import LinkPolicy

__all__ = [
    "LinkPolicy",
    "break_glass_account",
    "joined_or_made",
    "keep",
    "local_account",
    "own_account",
    "plain_username",
    "provision",
    "provisioned",
    "refresh",
    "returning",
    "vouched_again",
]

# How often a first sign-in begins again because another one took its name or made its account.
ATTEMPTS = 5
MAX_USERNAME = 140  # of the column's 150; the rest is for `-2`, `-3`...
_NOT_IN_USERNAMES = re.compile(r"[^a-z0-9._@+]+")


def provision(
    identity: ExternalIdentity,
    decision: Decision,
    rules: RuleSet,
    *,
    policy: LinkPolicy,
    staff_role: str,
    now: datetime,
) -> Provisioned:
    """The account of this identity: found, joined or made, its profile and roles brought up to now.

    Runs in the caller's transaction and holds the account's row lock until that ends. The same
    again changes nothing but the moments of the last sign-in.

    Raises AccountClosed, AccountEnded, ApprovalWanted, InvitationOver, JoinDeclined,
    LinkConflict, NotAdmitted, OtherProviderRequired, ProofWanted.
    """
    linked, joined = joined_or_made(identity, policy, now, staff_role=staff_role)
    for taken in joined:
        if isinstance(taken, InvitationTaken):
            joined += roles.grant_as_invited(taken, rules=rules, staff_role=staff_role, now=now)
    linked.account.last_login = now
    linked.account.save(update_fields=["last_login"])
    profile = refresh(linked, identity, policy, now)
    keep(identity, linked, rules, now)
    effective, changed = roles.reconcile(linked, decision, rules, staff_role=staff_role, now=now)
    return provisioned(linked.account, effective, (*joined, *profile, *changed))


def vouched_again(
    identity: ExternalIdentity,
    decision: Decision,
    rules: RuleSet,
    *,
    policy: LinkPolicy,
    staff_role: str,
    now: datetime,
) -> Provisioned:
    """The same for somebody who is signed in already, and of whom her provider was asked again:
    nobody signs in, so nobody is joined or made.

    Raises AccountClosed, AccountEnded, NotAdmitted.
    """
    action = linking.decide(identity, policy, now, staff_role=staff_role)
    if isinstance(action, linking.Refuse):
        raise action.error
    if not isinstance(action, linking.Known):
        raise NotAdmitted("no account has this identity any more")
    profile = refresh(action.linked, identity, policy, now)
    keep(identity, action.linked, rules, now)
    effective, changed = roles.reconcile(
        action.linked, decision, rules, staff_role=staff_role, now=now
    )
    return provisioned(action.linked.account, effective, (*profile, *changed))


def local_account(email: str, *, now: datetime) -> tuple[str, tuple[Change, ...]]:
    """The id of the account of this address that no provider vouches for, made if there is none.

    Raises NotAdmitted for what is no plain address.
    """
    if not well_formed(email):
        raise NotAdmitted("this is no plain e-mail address")
    address = email.lower()
    people = Account.objects.filter(kind=Account.Kind.PERSON)
    found = people.filter(email=address, identities=None).order_by("created_at").first()
    if found is not None:
        return str(found.pk), ()
    account = _created(address, now, email=address)
    return str(account.pk), (_made(account),)


def break_glass_account(email: str, *, now: datetime) -> tuple[str, tuple[Change, ...]]:
    """A new one, for this address. Raises NotAdmitted for what is no plain address."""
    if not well_formed(email):
        raise NotAdmitted("this is no plain e-mail address")
    address = email.lower()
    account = _created(f"break-glass.{address}", now, email=address, kind=Account.Kind.BREAK_GLASS)
    return str(account.pk), (_made(account),)


def own_account(username: str, *, now: datetime) -> tuple[Account, tuple[Change, ...]]:
    """A new one for an identity that leaves another; of a name like this that nobody has."""
    account = _created(username, now)
    return account, (_made(account),)


def returning(account: str, *, now: datetime) -> Provisioned:
    """An account signs in without a provider. Raises AccountUnknown, AccountClosed, AccountEnded,
    and NotAdmitted for a program's.
    """
    row = Account.objects.locked(account)
    if (refused := linking.shut(row, now)) is not None:
        raise refused.error
    row.last_login = now
    row.save(update_fields=["last_login"])
    return provisioned(row, roles.effective(account), ())


def joined_or_made(
    identity: ExternalIdentity, policy: LinkPolicy, now: datetime, *, staff_role: str
) -> tuple[LinkedIdentity, tuple[Change, ...]]:
    """The link of this identity, its account's row locked, and what was made for it.

    Raises AccountClosed, InvitationOver, LinkConflict, NotAdmitted, OtherProviderRequired.
    """
    for _ in range(ATTEMPTS):
        action = linking.decide(identity, policy, now, staff_role=staff_role)
        if isinstance(action, linking.Known):
            return action.linked, ()
        match action:
            case linking.Refuse():
                raise action.error
            case linking.Prove():
                raise ProofWanted
            case linking.Wait():
                raise ApprovalWanted
        try:
            with transaction.atomic():
                return _begun(identity, action, now)
        except IntegrityError:
            continue  # the same person at the same moment, or another one of this name: look again
    raise LinkConflict(f"{ATTEMPTS} attempts to make an account all met another sign-in")


def _begun(
    identity: ExternalIdentity, action: linking.Link | linking.Create, now: datetime
) -> tuple[LinkedIdentity, tuple[Change, ...]]:
    subject = identity.subject
    JoinRequest.objects.filter(issuer=subject.issuer, subject=subject.value).delete()
    if isinstance(action, linking.Link):
        linked = _linked(action.account, identity, now)
        return linked, (_link_made(linked, action.by),)
    account = _created(identity.username, now)
    linked = _linked(account, identity, now)
    made: tuple[Change, ...] = (_made(account), _link_made(linked, action.by))
    if action.invitation is not None:
        made = (*made, invited.take(action.invitation, account, now))
    return linked, made


def _created(
    username: str, now: datetime, *, email: str = "", kind: str = Account.Kind.PERSON
) -> Account:
    account = Account(username=_free_username(username), email=email, kind=kind, created_at=now)
    account.set_unusable_password()
    account.save(force_insert=True)
    return account


def _linked(account: Account, identity: ExternalIdentity, now: datetime) -> LinkedIdentity:
    return LinkedIdentity.objects.create(
        account=account,
        issuer=identity.subject.issuer,
        subject=identity.subject.value,
        provider=identity.provider,
        first_seen=now,
        last_seen=now,
    )


def plain_username(wanted: str) -> str:
    """As an account of this name is called if none is yet: plain lower-case ASCII."""
    ascii_only = unicodedata.normalize("NFKD", wanted).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_USERNAMES.sub("-", ascii_only).strip("-.")[:MAX_USERNAME] or "person"


def _free_username(wanted: str) -> str:
    """A name like the wanted one that nobody has, with `-2` if need be."""
    name = plain_username(wanted)
    taken = set(
        Account.objects.filter(Q(username=name) | Q(username__startswith=f"{name}-")).values_list(
            "username", flat=True
        )
    )
    if name not in taken:
        return name
    return next(f"{name}-{n}" for n in count(2) if f"{name}-{n}" not in taken)


def refresh(
    linked: LinkedIdentity,
    identity: ExternalIdentity,
    policy: LinkPolicy,
    now: datetime,
    *,
    by: Callable[[LinkedIdentity], Source] = attributes.by_provider,
) -> tuple[Change, ...]:
    """What the provider says now, `by` which way; what it does not say stays as it was."""
    if identity.email and well_formed(identity.email):
        linked.email, linked.email_verified = identity.email, identity.email_verified
        linked.verified_address = linking.verified_address(identity)
    linked.provider, linked.last_seen = identity.provider, now
    linked.username = _plain(identity.username, linking.MAX_SUBJECT)
    linked.save()
    return attributes.tell_from_claims(
        by(linked),
        identity,
        policy.profile,
        vouched=policy.vouches(linking.verified_address(identity)),
        now=now,
    )


def keep(identity: ExternalIdentity, linked: LinkedIdentity, rules: RuleSet, now: datetime) -> None:
    """For whoever looks at a change of the rules before it is live."""
    version, not_kept = rules.version, settings.CLAIMS_NOT_KEPT
    last_identity.keep(identity, linked, version=version, not_kept=not_kept, now=now)


def _plain(text: str, length: int) -> str:
    return "".join(filter(str.isprintable, text))[:length]


def _made(account: Account) -> AccountCreated:
    return AccountCreated(account=str(account.pk), username=account.username)


def _link_made(linked: LinkedIdentity, by: str) -> IdentityLinked:
    return IdentityLinked(
        account=str(linked.account_id), issuer=linked.issuer, subject=linked.subject, by=by
    )


def provisioned(
    account: Account, effective: frozenset[str], changes: tuple[Change, ...]
) -> Provisioned:
    """The account as it is now."""
    return Provisioned(
        account=str(account.pk),
        username=account.username,
        name=account.name,
        email=account.email or None,
        email_verified=account.email_verified,
        roles=effective,
        changes=changes,
        ends_at=account.ends_at,
    )
