"""Making the account that an identity needs, at the moment of its sign-in."""

import re
import unicodedata
from datetime import datetime
from itertools import count

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from mapping.ruleset import Decision, RuleSet
from providers.dialects.addresses import well_formed
from providers.identity import ExternalIdentity
from provisioning import last_identity, linking, roles
from provisioning.changes import (
    AccountCreated,
    Change,
    IdentityLinked,
    ProfileChanged,
    Provisioned,
)
from provisioning.errors import AccountClosed, LinkConflict, NotAdmitted
from provisioning.linking import LinkPolicy
from provisioning.models import Account, LinkedIdentity

__all__ = ["LinkPolicy", "local_account", "provision", "returning", "vouched_again"]

# How often a first sign-in begins again because another one took its name or made its account.
ATTEMPTS = 5
MAX_USERNAME = 140  # of the column's 150; the rest is for `-2`, `-3`...
MAX_NAME = 200
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

    Raises AccountClosed, LinkConflict, NotAdmitted.
    """
    linked, joined = _joined(identity, policy, now)
    linked.account.last_login = now
    profile = _refresh(linked, identity, policy, now)
    _keep(identity, linked, rules, now)
    effective, changed = roles.reconcile(linked, decision, rules, staff_role=staff_role, now=now)
    return _provisioned(linked.account, effective, (*joined, *profile, *changed))


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

    Raises AccountClosed, NotAdmitted.
    """
    action = linking.decide(identity, policy, now)
    if isinstance(action, linking.Refuse):
        raise action.error
    if not isinstance(action, linking.Known):
        raise NotAdmitted("no account has this identity any more")
    profile = _refresh(action.linked, identity, policy, now)
    _keep(identity, action.linked, rules, now)
    effective, changed = roles.reconcile(
        action.linked, decision, rules, staff_role=staff_role, now=now
    )
    return _provisioned(action.linked.account, effective, (*profile, *changed))


def local_account(email: str, *, now: datetime) -> tuple[str, tuple[Change, ...]]:
    """The id of the account of this address that no provider vouches for, made if there is none.

    Raises NotAdmitted for what is no plain address.
    """
    if not well_formed(email):
        raise NotAdmitted("this is no plain e-mail address")
    address = email.lower()
    found = Account.objects.filter(email=address, identities=None).order_by("created_at").first()
    if found is not None:
        return str(found.pk), ()
    account = _created(address, now, email=address)
    return str(account.pk), (_made(account),)


def returning(account: str, *, now: datetime) -> Provisioned:
    """An account signs in without a provider. Raises AccountUnknown, AccountClosed."""
    row = Account.objects.locked(account)
    if not row.is_active:
        raise AccountClosed(account)
    row.last_login = now
    row.save(update_fields=["last_login"])
    return _provisioned(row, roles.effective(account), ())


def _joined(
    identity: ExternalIdentity, policy: LinkPolicy, now: datetime
) -> tuple[LinkedIdentity, tuple[Change, ...]]:
    for _ in range(ATTEMPTS):
        action = linking.decide(identity, policy, now)
        if isinstance(action, linking.Known):
            return action.linked, ()
        if isinstance(action, linking.Refuse):
            raise action.error
        try:
            with transaction.atomic():
                return _begun(identity, action, now)
        except IntegrityError:
            continue  # the same person at the same moment, or another one of this name: look again
    raise LinkConflict(f"{ATTEMPTS} attempts to make an account all met another sign-in")


def _begun(
    identity: ExternalIdentity, action: linking.Link | linking.Create, now: datetime
) -> tuple[LinkedIdentity, tuple[Change, ...]]:
    if isinstance(action, linking.Link):
        linked = _linked(action.account, identity, now)
        return linked, (_link_made(linked, "verified-email"),)
    account = _created(identity.username, now)
    linked = _linked(account, identity, now)
    return linked, (_made(account), _link_made(linked, "created"))


def _created(username: str, now: datetime, *, email: str = "") -> Account:
    account = Account(username=_free_username(username), email=email, created_at=now)
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


def _free_username(wanted: str) -> str:
    """A name like the wanted one that nobody has: plain lower-case ASCII, with `-2` if need be."""
    ascii_only = unicodedata.normalize("NFKD", wanted).encode("ascii", "ignore").decode().lower()
    name = _NOT_IN_USERNAMES.sub("-", ascii_only).strip("-.")[:MAX_USERNAME] or "person"
    taken = set(
        Account.objects.filter(Q(username=name) | Q(username__startswith=f"{name}-")).values_list(
            "username", flat=True
        )
    )
    if name not in taken:
        return name
    return next(f"{name}-{n}" for n in count(2) if f"{name}-{n}" not in taken)


def _refresh(
    linked: LinkedIdentity, identity: ExternalIdentity, policy: LinkPolicy, now: datetime
) -> tuple[Change, ...]:
    """What the provider says now; what it does not say stays as it was."""
    account = linked.account
    email = identity.email if identity.email and well_formed(identity.email) else ""
    told: dict[str, object] = {"name": _plain(identity.name, MAX_NAME) or account.name}
    told |= _address(linked, email, verified=policy.vouches(linking.verified_address(identity)))
    changed = [field for field, value in told.items() if value != getattr(account, field)]
    for field in changed:
        setattr(account, field, told[field])
    account.save(update_fields=["last_login", *changed])
    if email:
        linked.email, linked.email_verified = email, identity.email_verified
        linked.verified_address = linking.verified_address(identity)
    linked.provider, linked.last_seen = identity.provider, now
    linked.username = _plain(identity.username, linking.MAX_SUBJECT)
    linked.save()
    return (ProfileChanged(account=str(account.pk), fields=tuple(changed)),) if changed else ()


def _address(linked: LinkedIdentity, email: str, *, verified: bool) -> dict[str, object]:
    """Apps may key on it: no bare word takes the place of what another identity vouches for."""
    if not email:
        return {}
    account = linked.account
    if account.email_verified and not verified:
        others = account.identities.exclude(pk=linked.pk)
        if others.filter(verified_address=account.email.lower()).exists():
            return {}
    return {"email": email, "email_verified": verified}


def _keep(
    identity: ExternalIdentity, linked: LinkedIdentity, rules: RuleSet, now: datetime
) -> None:
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


def _provisioned(
    account: Account, effective: frozenset[str], changes: tuple[Change, ...]
) -> Provisioned:
    return Provisioned(
        account=str(account.pk),
        username=account.username,
        name=account.name,
        email=account.email or None,
        email_verified=account.email_verified,
        roles=effective,
        changes=changes,
    )
