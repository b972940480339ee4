"""People by what is on record of them: accounts' ids, and names that programs sign with."""

import uuid
from collections.abc import Iterable

from django.utils.translation import gettext

from provisioning.models import Account


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Of an account its person's name; programs are called as they signed. One query."""
    asked = set(actors)
    ids = {actor: key for actor in asked if (key := id_of(actor)) is not None}
    found = Account.objects.in_bulk(list(ids.values()))
    gone = gettext("an account that is gone")
    return {
        actor: actor if actor not in ids else called(found.get(ids[actor])) or gone
        for actor in asked
    }


def called(account: Account | None) -> str:
    return (account.name or account.username) if account else ""


def id_of(actor: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(actor)
    except ValueError:
        return None
