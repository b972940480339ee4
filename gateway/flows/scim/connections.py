"""Making a SCIM connection, by which one provider pushes its people and groups."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from providers.models import Provider
from provisioning.scim.models import ScimConnection
from provisioning.scim.subjects import issuer_of

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?")
MAX_NAME = 200


def make(
    *,
    slug: str,
    name: str,
    provider: str,
    external_id_is_subject: bool,
    actor: str,
    now: datetime,
) -> ScimConnection:
    """`provider` is a slug. Raises DefinitionInvalid with all faults."""
    try:
        with transaction.atomic():
            of = _provider(slug, name, provider, external_id_is_subject=external_id_is_subject)
            made = ScimConnection.objects.create(
                slug=slug,
                name=name,
                provider=of,
                external_id_is_subject=external_id_is_subject,
                created_at=now,
            )
            detail = {
                "connection": slug,
                "provider": provider,
                "external_id_is_subject": external_id_is_subject,
            }
            record(Event.SCIM_CONNECTION_MADE, actor=actor, detail=detail, at=now)
    except IntegrityError as error:
        problem = "is that of another connection"
        raise DefinitionInvalid((FieldFault(field="slug", problem=problem),)) from error
    wiring.wake("audit.seal")
    return made


def _provider(slug: str, name: str, wanted: str, *, external_id_is_subject: bool) -> Provider:
    provider = Provider.objects.filter(slug=wanted).first()
    checks = {
        "slug": (not _SLUG.fullmatch(slug), "must be small letters, digits and hyphens"),
        "name": (
            not name.strip() or len(name) > MAX_NAME,
            f"must be a text of 1 to {MAX_NAME} letters",
        ),
        "provider": (provider is None, "is not there"),
        "external_id_is_subject": (
            provider is not None and external_id_is_subject and not issuer_of(provider),
            "needs a provider with one issuer of its own",
        ),
    }
    faults = [
        FieldFault(field=at, problem=problem) for at, (wrong, problem) in checks.items() if wrong
    ]
    if faults or provider is None:
        raise DefinitionInvalid(tuple(faults))
    return provider
