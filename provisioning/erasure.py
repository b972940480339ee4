"""Making nobody of an account: the row stays, as what roles, records and apps named, and says
nothing of a person any more.

Whatever rows of any app are the account's and would go with it, go; but for the words by which it
is closed, which hold ids alone and keep it so.
"""

from datetime import datetime

from django.db import models

from mapping.models import ClaimSighting
from provisioning import history
from provisioning.models import Account, DeniedRole, HeldRole

KEPT = frozenset({"provisioning.Closure", "departures.Departure"})


def erase(account: Account, *, now: datetime) -> None:
    """The caller has locked the row of an account that is closed. Twice changes nothing more."""
    identities = list(account.identities.values_list("pk", flat=True))
    ClaimSighting.objects.filter(identity__in=identities).delete()
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
