"""Which account a pushed person has: that of the subject by which she signs in, if her connection
names it, and never one that has power here, lets somebody in by a password or is a program's.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from gateway import wiring
from providers.identity import Subject
from provisioning import jit, power, told
from provisioning.errors import AccountClosed
from provisioning.models import Account, LinkedIdentity
from provisioning.scim import subjects, vouching
from provisioning.scim.errors import NotUnique
from provisioning.scim.models import ScimUser

_POWER = "an account that has power here, which SCIM joins to nobody"


def accounts(user: ScimUser) -> set[UUID]:
    """Hers: the one that she was given, and the one that she signs in to if that is another."""
    found = set()
    if user.linked_identity is not None:
        found.add(user.linked_identity.account_id)
    if (subject := subjects.signs_in_as(user)) is not None:
        found |= set(_at(subject).values_list("account", flat=True))
    return found


def known(user: ScimUser, now: datetime) -> LinkedIdentity | None:
    """Who signed in before she was told of is joined to the account that she has. None if nobody
    did, or if the connection does not say under which name she signs in. Raises NotUnique.
    """
    subject = subjects.signs_in_as(user)
    found = _at(subject).first() if subject is not None else None
    if found is None:
        return None
    if ScimUser.objects.filter(
        connection=user.connection, linked_identity__account=found.account_id
    ).exists():
        raise NotUnique("this externalId is that of somebody else's account")
    account = Account.objects.locked(str(found.account_id))
    if _has_power([account.pk]):
        raise NotUnique(f"this externalId is that of {_POWER}")
    own = Subject(issuer=user.connection.issuer, value=str(user.pk))
    return _linked(account, own, user, now)


def name_subject(user: ScimUser, linked: LinkedIdentity, now: datetime) -> None:
    """Her first sign-in then finds her account by the subject that it brings. Raises NotUnique;
    AccountClosed where a source says that this subject has gone.
    """
    subject = subjects.signs_in_as(user)
    if subject is None:
        return
    found = _at(subject).first()
    if found is None:
        refuse_gone(user)
        _linked(linked.account, subject, user, now)
    elif found.account_id != linked.account_id:
        power = _has_power([found.account_id])
        whose = _POWER if power else "somebody else's account"
        raise NotUnique(f"this externalId is that of {whose}")


def name_new(user: ScimUser, linked: LinkedIdentity, now: datetime) -> None:
    """The same of whom `known` and `refuse_gone` have just found nothing."""
    subject = subjects.signs_in_as(user)
    if subject is not None:
        _linked(linked.account, subject, user, now)


def refuse_gone(user: ScimUser) -> None:
    """Whom one source let go, another does not bring back. Raises AccountClosed."""
    subject = subjects.signs_in_as(user)
    if subject is not None and told.is_gone(subject):
        raise AccountClosed("another source says that she has gone")


def refuse_power(user: ScimUser) -> None:
    """Nobody is named as one is who has power here: her own account aside. Raises NotUnique."""
    own = user.linked_identity.account_id if user.linked_identity is not None else None
    username = jit.plain_username(user.user_name)
    met = Account.objects.filter(username=username).order_by().values_list("pk")
    if address := vouching.address(user.content).lower():
        kept = Account.objects.filter(Q(Exact(Lower("email"), Value(address))))
        vouched = LinkedIdentity.objects.filter(verified_address=address)
        met = met.union(
            kept.order_by().values_list("pk"), vouched.order_by().values_list("account")
        )
    if _has_power({pk for (pk,) in met} - {own}):
        raise NotUnique(f"this userName or e-mail address is that of {_POWER}")


def _has_power(pks: Iterable[UUID]) -> bool:
    some = list(pks)
    if not some:
        return False
    rows = list(Account.objects.filter(pk__in=some))
    if any(row.kind != Account.Kind.PERSON for row in rows):
        return True
    return bool(power.powerful(rows, wiring.config().staff_role))


def _at(subject: Subject) -> "QuerySet[LinkedIdentity]":
    return LinkedIdentity.objects.filter(issuer=subject.issuer, subject=subject.value)


def _linked(account: Account, subject: Subject, user: ScimUser, now: datetime) -> LinkedIdentity:
    """Raises NotUnique if somebody signs in by it for the first time just now."""
    try:
        return LinkedIdentity.objects.create(
            account=account,
            issuer=subject.issuer,
            subject=subject.value,
            provider=user.connection.provider.slug,
            username=user.user_name,
            first_seen=now,
            last_seen=now,
        )
    except IntegrityError as error:  # all of it is rolled back
        raise NotUnique("this externalId is that of somebody who signs in just now") from error
