"""That somebody must go, and that she may come back, as a SCIM connection says it: of her accounts,
and of her by the name under which she signs in, which holds whatever becomes of those.
"""

from datetime import datetime
from uuid import UUID

from gateway.flows import inbox
from gateway.flows.inbox import Act, News, Source
from gateway.flows.scim import joining
from provisioning import told
from provisioning.models import LinkedIdentity
from provisioning.scim import subjects
from provisioning.scim.models import ScimUser


def close(user: ScimUser, *, now: datetime) -> None:
    """Her accounts close and her sessions end: the last step of the transaction, also while the
    provider is switched off.

    Raises SessionStoreUnavailable.
    """
    actor, subject = user.connection.actor, subjects.signs_in_as(user)
    if subject is not None:
        told.gone(subject, source=Source.SCIM, by=actor, now=now)
    closed: set[UUID] = set()
    # One that an identity of hers left until its row was locked is not all of hers any more.
    while left := _accounts(user) - closed:
        for account in sorted(left):
            news = News(
                account=str(account),
                act=Act.CLOSE,
                source=Source.SCIM,
                by=actor,
                cause="deleted" if user.deleted_at is not None else "active=false",
                at=now,
            )
            inbox.take(news)
        closed |= left


def open_again(user: ScimUser, *, now: datetime) -> None:
    """Takes back what this connection said, and nothing that anybody else did."""
    actor, subject = user.connection.actor, subjects.signs_in_as(user)
    if subject is not None:
        told.back(subject, source=Source.SCIM, by=actor)
    hers = joining.accounts(user) if user.linked_identity is not None else ()
    for account in sorted(hers):
        inbox.lift(
            account=str(account),
            source=Source.SCIM,
            by=actor,
            cause="active=true",
            at=now,
        )


def _accounts(user: ScimUser) -> set[UUID]:
    """Hers, also where her identity has moved to another one since her row was read."""
    own = LinkedIdentity.objects.filter(scim_user=user)
    return joining.accounts(user) | set(own.values_list("account", flat=True))
