"""Groups of somebody whose provider sends none at sign-in, because a directory tells of them."""

from dataclasses import replace

from django.db.models import Exists, OuterRef

from providers.identity import ExternalIdentity
from provisioning import last_identity
from provisioning.directories.models import Member
from provisioning.models import LinkedIdentity


def with_groups(identity: ExternalIdentity) -> ExternalIdentity:
    """The same, with the groups that were kept of her, if a directory that is read knows her and
    her provider is silent about groups; a list with none in it is a word. One query then, else
    none.
    """
    if identity.groups_told:
        return identity
    known = Member.objects.filter(
        directory__enabled=True,
        directory__provider__slug=identity.provider,
        subject=OuterRef("subject"),
        out=False,
    )
    linked = LinkedIdentity.objects.filter(
        Exists(known), issuer=identity.subject.issuer, subject=identity.subject.value
    )
    row = linked.select_related("last").first()
    before = last_identity.readable(getattr(row, "last", None))
    groups = before.claims.get("groups") if before else None
    if not groups:
        return identity
    return replace(identity, claims=identity.claims.changed({"groups": groups}, without=()))
