"""Keeping an app: where it lives and who may enter."""

from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.differences import by_actor
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configuration import Saved, changes
from gateway.flows.configure.keeping import known_roles, publish_routes, refuse
from gateway.flows.untold_ages import remedy, sentence, untold_ages
from gateway.relying_parties.definition import Definition, FieldFault, faults
from gateway.relying_parties.models import RelyingParty
from gateway.relying_parties.origins import normalised
from providers.models import Provider


@by_actor
def save_relying_party(wanted: Definition, *, actor: str, now: datetime) -> Saved:
    """Raises DefinitionInvalid."""
    with transaction.atomic():
        refuse([*faults(wanted), *_unknown_roles(wanted), *_unknown_providers(wanted)])
        row = RelyingParty.objects.select_for_update().filter(slug=wanted.slug).first()
        made, row = row is None, row or RelyingParty(slug=wanted.slug)
        before = _relying_party_fields(row)
        row.name, row.enabled, row.contact = wanted.name, wanted.enabled, wanted.contact
        row.origins = [normalised(origin) for origin in wanted.origins]
        row.access = [access.plain() for access in wanted.access]
        row.session_lifetime_minutes, row.session_idle_minutes = (
            wanted.session_lifetime_minutes,
            wanted.session_idle_minutes,
        )
        row.endings_url = wanted.endings_url
        row.endings_networks = list(wanted.endings_networks)
        row.shares = sorted(wanted.shares)
        row.providers = sorted(set(wanted.providers))
        _check_origins_are_free(row)
        changed = changes(before, _relying_party_fields(row))
        saved = Saved(
            subject=f"relying party {wanted.slug}",
            made=made,
            changes=changed,
            warnings=tuple(f"{sentence(of)} {remedy()}" for _, of in untold_ages([row])),
        )
        if made or changed:
            row.save()
            detail = {"relying_party": wanted.slug, "made": made, "fields": saved.fields}
            record(Event.RELYING_PARTY_CONFIGURED, actor=actor, detail=detail, at=now)
            publish_routes()
    return saved


def _relying_party_fields(row: RelyingParty) -> dict[str, object]:
    names = ("name", "enabled", "origins", "access", "shares", "providers", "contact")
    lives = ("session_lifetime_minutes", "session_idle_minutes")
    endings = ("endings_url", "endings_networks")
    return {name: getattr(row, name) for name in names + lives + endings}


def _unknown_roles(wanted: Definition) -> list[FieldFault]:
    known = known_roles(role for access in wanted.access for role in access.roles)
    return [
        FieldFault(field=f"access.{at}.roles", problem=f"there is no role {role!r}; declare it")
        for at, access in enumerate(wanted.access)
        for role in access.roles
        if role not in known
    ]


def _unknown_providers(wanted: Definition) -> list[FieldFault]:
    rows = Provider.objects.filter(slug__in=wanted.providers)
    known = frozenset(rows.values_list("slug", flat=True))
    return [
        FieldFault(field=f"providers.{at}", problem=f"there is no provider {slug!r}; declare it")
        for at, slug in enumerate(wanted.providers)
        if slug not in known
    ]


def _check_origins_are_free(row: RelyingParty) -> None:
    """An address leads to one app, or nobody could say whose rules hold there."""
    taken = {wiring.config().base_url: "the gateway itself"}
    for other in RelyingParty.objects.exclude(pk=row.pk):
        taken |= dict.fromkeys(other.origins, other.slug)
    refuse(
        FieldFault(field=f"origins.{at}", problem=f"belongs to {taken[origin]} already")
        for at, origin in enumerate(row.origins)
        if origin in taken
    )
