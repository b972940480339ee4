"""Who else tells of identities: SCIM connections and directories, which know people by them."""

from collections.abc import Iterable
from dataclasses import dataclass

from provisioning import unlinking
from provisioning.directories.models import Member
from provisioning.models import LinkedIdentity
from provisioning.scim.models import ScimUser


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Each by its name, and the person's name there."""

    scim: tuple[tuple[str, str], ...]
    directories: tuple[tuple[str, str], ...]


def told(links: Iterable[LinkedIdentity]) -> Told:
    those = list(links)
    users = ScimUser.objects.filter(linked_identity__in=those).select_related("connection")
    return Told(
        scim=tuple((row.connection.name, row.user_name) for row in users.order_by("pk")),
        directories=tuple((row.directory.name, row.subject) for row in members(those)),
    )


def connections(links: Iterable[LinkedIdentity]) -> set[int]:
    """The SCIM connections that tell of anybody by these now, by their keys."""
    living = ScimUser.objects.filter(deleted_at=None, linked_identity__in=list(links))
    return set(living.values_list("connection", flat=True))


def members(links: Iterable[LinkedIdentity]) -> list[Member]:
    """Whom directories know by these, and who is not out there."""
    named = {(each.provider, each.subject) for each in links if unlinking.opens(each)}
    rows = Member.objects.filter(out=False, subject__in={subject for _, subject in named})
    rows = rows.select_related("directory__provider").order_by("pk")
    return [row for row in rows if (row.directory.provider.slug, row.subject) in named]
