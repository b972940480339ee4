"""Making nobody of an account: the row stays, as what roles, records and apps named, and says
nothing of a person any more.

Whatever rows of any app are the account's and would go with it, go; but for the words by which it
is closed, which hold ids alone and keep it so.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import models

from mapping.models import ClaimSighting
from provisioning import history, told, told_by
from provisioning.directories.models import Difference, Member
from provisioning.models import Account, DeniedRole, HeldRole, LinkedIdentity, Source
from provisioning.scim.subjects import signs_in_as

KEPT = frozenset({"provisioning.Closure", "departures.Departure"})


def erase(account: Account, *, now: datetime) -> None:
    """The caller has locked the row of an account that is closed. Twice changes nothing more."""
    identities = list(account.identities.all())
    _forget_what_was_told(identities, now)
    ClaimSighting.objects.filter(identity__in=[row.pk for row in identities]).delete()
    for resting in (HeldRole, DeniedRole):  # a link cannot go while they rest on it
        resting.objects.filter(account=account).delete()
    for relation in Account._meta.related_objects:  # noqa: SLF001 -- Django's documented API
        rows = relation.related_model
        if relation.on_delete is models.CASCADE and rows._meta.label not in KEPT:  # noqa: SLF001
            rows._base_manager.filter(**{relation.field.name: account}).delete()  # noqa: SLF001
    history.forget(account)
    account.groups.clear()
    account.user_permissions.clear()
    account.username = f"erased-{account.pk.hex[:12]}"
    account.name = account.email = ""
    account.email_verified = account.is_staff = account.is_superuser = False
    account.last_login = None
    account.erased_at = account.erased_at or now
    account.set_unusable_password()
    account.save()


def _forget_what_was_told(identities: Iterable[LinkedIdentity], now: datetime) -> None:
    """Whatever SCIM connections and directories keep here of her. To the connection her resource is
    unknown from now on, so it could not say any more that she must go: she stays out until it tells
    of her anew. That is kept as a digest alone.
    """
    for row in told_by.resources(identities):
        if (subject := signs_in_as(row)) is not None:
            told.gone(subject, source=Source.SCIM, by=row.connection.actor, now=now)
        row.delete()
    members, found = told_by.in_directories(identities)
    Member.objects.filter(pk__in=[row.pk for row in members]).delete()
    Difference.objects.filter(pk__in=[row.pk for row in found]).delete()
