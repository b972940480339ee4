"""Who else tells of identities: SCIM connections and directories, which know people by them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from providers.errors import ProviderMisconfigured
from providers.identity import Subject
from provisioning import unlinking
from provisioning.directories.models import Difference, Directory, Member
from provisioning.directories.vouching import issuer_of
from provisioning.models import LinkedIdentity
from provisioning.scim.models import ScimUser
from provisioning.scim.subjects import signs_in_as


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


def resources(links: Iterable[LinkedIdentity]) -> list[ScimUser]:
    """All that SCIM connections keep here of these people: also who was deleted there, and who was
    told of under the name by which she signs in and joined to nobody.
    """
    those = list(links)
    named = {Subject(issuer=each.issuer, value=each.subject) for each in those}
    unjoined = Q(linked_identity=None, external_id__in={each.value for each in named})
    rows = ScimUser.objects.filter(Q(linked_identity__in=those) | unjoined)
    rows = rows.select_related("connection__provider").order_by("pk")
    return [row for row in rows if row.linked_identity_id or signs_in_as(row) in named]


def in_directories(links: Iterable[LinkedIdentity]) -> tuple[list[Member], list[Difference]]:
    """All that directories keep here of them: also who is out there, and what runs found."""
    subjects: dict[str, set[str]] = {}
    for each in links:
        subjects.setdefault(each.issuer, set()).add(each.subject)
    members: list[Member] = []
    found: list[Difference] = []
    for directory in Directory.objects.select_related("provider"):
        theirs = subjects.get(_issuer(directory), ())
        members += directory.members.filter(subject__in=theirs).select_related("directory")
        found += Difference.objects.filter(run__directory=directory, subject__in=theirs)
    return members, found


def _issuer(directory: Directory) -> str:
    """Empty for that of a provider which vouches for nobody: it knows nobody of these."""
    try:
        return issuer_of(directory.provider)
    except ProviderMisconfigured:
        return ""
