"""`manage.py check --deploy`, what can only be asked of the parts themselves: Redis, the rows."""

from collections.abc import Iterator

import redis
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 -- Django's name
from django.db import DatabaseError

from providers.models import Provider

# What sessions need of Redis: nothing is thrown away, and a restart signs nobody out.
_NEEDED = {"maxmemory-policy": "noeviction", "appendonly": "yes"}


def memory_weaknesses(client: "redis.Redis") -> Iterator[CheckMessage]:
    """Whether the Redis that is running keeps what it is given."""
    try:
        found = {name: client.config_get(name).get(name) for name in _NEEDED}
    except redis.RedisError as error:
        yield Warning(
            f"Redis could not be asked how it keeps sessions ({type(error).__name__}).",
            hint="Look yourself: maxmemory-policy noeviction, appendonly yes.",
            id="gateway.W012",
        )
        return
    for name, needed in _NEEDED.items():
        if found[name] != needed:
            yield Error(
                f"Redis has {name} {found[name]}: sessions, and marks of what was used, get lost.",
                hint=f"CONFIG SET {name} {needed}, and write it into its configuration.",
                id="gateway.E013",
            )


def provider_weaknesses() -> Iterator[CheckMessage]:
    """Rows that were made for trying things out, or for a provider that knows no better."""
    try:
        rows = list(Provider.objects.filter(enabled=True))
    except DatabaseError as error:
        yield Warning(
            f"The providers could not be looked at ({type(error).__name__}).",
            hint="Run this check where the database can be reached and is migrated.",
            id="gateway.W014",
        )
        return
    for row in rows:
        if row.settings.get("allow_cbc") is True:
            yield Warning(
                f"The provider {row.slug} may encrypt with CBC, which protects nothing.",
                hint="Ask its administrator for AES-GCM, then take allow_cbc away.",
                id="gateway.W015",
            )
        if str(row.settings.get("issuer", "")).startswith("http:"):
            yield Error(
                f"The provider {row.slug} is asked over plain HTTP.",
                hint="Give it an https issuer, or switch it off.",
                id="gateway.E016",
            )
