"""What the verbs of configuring share: refusing what cannot work, and telling whom it concerns."""

from collections.abc import Iterable
from functools import partial

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models, transaction

from gateway import wiring
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from gateway.relying_parties.models import OutboxMessage


def known_roles(names: Iterable[str]) -> frozenset[str]:
    return frozenset(Group.objects.filter(name__in=set(names)).values_list("name", flat=True))


def clean(row: models.Model, *, exclude: set[str]) -> None:
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as error:
        refuse(
            FieldFault(field=name, problem=" ".join(messages))
            for name, messages in error.message_dict.items()
        )


def refuse(found: Iterable[FieldFault]) -> None:
    found = tuple(found)
    if found:
        raise DefinitionInvalid(found)


def publish_routes() -> None:
    OutboxMessage.objects.create(kind=OutboxMessage.Kind.ROUTES_PUBLISH)
    wake_after_commit()


def wake_after_commit() -> None:
    for task in ("outbox.deliver", "audit.seal"):
        transaction.on_commit(partial(wiring.wake, task))
