"""What people's standard attributes were, and became: entries of django-auditlog about accounts.

Values stand in them in clear, so they are for whoever may see people, and go with the person.
"""

from collections.abc import Mapping
from datetime import datetime

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from provisioning.models import Account
from provisioning.profile import Attribute


def note(
    account: Account,
    changes: Mapping[Attribute, tuple[str, str]],
    *,
    actor: str,
    source: str,
    at: datetime,
) -> None:
    """One entry, of values before and after; one statement, in the caller's transaction."""
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                content_type=_accounts(),
                object_pk=str(account.pk),
                object_repr=account.username,
                action=LogEntry.Action.UPDATE,
                changes={name: [before, after] for name, (before, after) in changes.items()},
                additional_data={"actor": actor, "source": source},
                timestamp=at,
            )
        ]
    )


def of(account: Account) -> "QuerySet[LogEntry]":
    """The newest first."""
    own = LogEntry.objects.filter(content_type=_accounts(), object_pk=str(account.pk))
    return own.order_by("-timestamp", "-pk")


def forget(account: Account) -> None:
    of(account).delete()


def of_people() -> "QuerySet[LogEntry]":
    return LogEntry.objects.filter(content_type=_accounts())


def _accounts() -> ContentType:
    return ContentType.objects.get_for_model(Account)
