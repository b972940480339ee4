"""Everything that is kept of one person, as one JSON document, for whoever asks by right.

Left out is what opens doors (digests of tokens, leaves to ask a provider again), for that is not
about her.
"""

import json
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.models import AuditEvent
from gateway.audit.record import record
from gateway.departures.models import Departure
from gateway.traces.models import LoginTrace
from mapping.finding import without_values
from provisioning import attributes, history, told_by
from provisioning.directories.models import Member
from provisioning.last_identity import readable
from provisioning.models import Account, LinkedIdentity, Merge
from provisioning.scim.models import ScimUser

FORMAT = "gatehouse-person-1"


def export(*, account: str, actor: str, now: datetime) -> str:
    """The document. That it was made is itself on record. Raises AccountUnknown."""
    row = Account.objects.known(account)
    identities = list(row.identities.select_related("last"))
    members, _ = told_by.in_directories(identities)
    with transaction.atomic():
        record(Event.PERSON_EXPORTED, actor=actor, account=account, detail={}, at=now)
    wiring.wake("audit.seal")
    document = {
        "format": FORMAT,
        "made_at": now,
        "account": _fields(row, *_ACCOUNT),
        "attributes": _attributes(row),
        "attributes_by_rules": _attributes_by_rules(row),
        "identities": [_identity(each) for each in identities],
        "scim": [_resource(each) for each in told_by.resources(identities)],
        "directories": [_member(each) for each in members],
        "roles": _roles(row.held_roles),
        "denied_roles": _roles(row.denied_roles),
        "merges": list(_merges(row)),
        "closures": list(row.closures.values("source", "by", "cause", "since", "held")),
        "departures": [_departure(each) for each in row.departures.prefetch_related("notices")],
        "invitations": list(row.invitations.values(*_INVITATION)),
        "access_reviews": list(row.review_items.values(*_REVIEW_ITEM)),
        "sessions": [_session(each) for each in row.sign_ins.prefetch_related("entered")],
        "api_tokens": list(row.api_tokens.values(*_TOKEN)),
        "sign_ins": list(LoginTrace.objects.filter(account=account).values(*_TRACE)),
        "history": [_entry(each) for each in history.of(row)],
        "record": list(_record(account)),
    }
    return json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


_ACCOUNT = (
    *("id", "username", "name", "email", "email_verified", "is_active", "is_staff"),
    *("created_at", "deactivated_at", "last_login"),
)
_IDENTITY = (
    *("provider", "issuer", "subject", "username", "email", "email_verified"),
    *("first_seen", "last_seen"),
)
_SESSION = (
    *("provider", "started_at", "expires_at", "address", "country", "client", "also"),
    *("ended_at", "ended_by", "end_reason"),
)
_TOKEN = ("name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
_INVITATION = ("address", "provider", "roles", "made_by", "made_at", "ends_at", "taken_at")
_REVIEW_ITEM = ("role", "origins", "since", "decision", "decided_at", "reason", "gone_at")
_RESOURCE = ("id", "content", "active", "created_at", "modified_at", "deleted_at")
_DEPARTURE = ("at", "act", "source", "by", "cause", "sessions")
_NOTICE = ("created_at", "attempts", "confirmed_at", "given_up_at", "last_error")
_TRACE = ("at", "reference", "provider", "outcome", "failed_check", "steps", "claims")


def _fields(row: object, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _attributes(account: Account) -> list[dict[str, Any]]:
    counting = {row.pk for row in attributes.standing(account).values()}
    return [
        {
            **_fields(row, "name", "value", "source", "by", "since"),
            "provider": row.linked_identity.provider if row.linked_identity else "",
            "counts": row.pk in counting,
        }
        for row in attributes.said(account)
    ]


def _attributes_by_rules(account: Account) -> list[dict[str, Any]]:
    rows = account.attributes.select_related("linked_identity")
    names = ("name", "value", "rule", "ruleset_version")
    return [_fields(row, *names) | {"provider": row.linked_identity.provider} for row in rows]


def _identity(linked: LinkedIdentity) -> dict[str, Any]:
    last = readable(getattr(linked, "last", None))
    said = None if last is None else last.claims.plain()
    return _fields(linked, *_IDENTITY) | {"last_said": said}


def _resource(user: ScimUser) -> dict[str, Any]:
    groups = user.memberships.order_by("pk").values_list("group__display_name", flat=True)
    said = _fields(user, *_RESOURCE)
    return {"connection": user.connection.slug, **said, "groups": list(groups)}


def _member(member: Member) -> dict[str, Any]:
    return {"directory": member.directory.slug, **_fields(member, "subject", "out")}


def _departure(row: Departure) -> dict[str, Any]:
    """With what each app was told of it; one without a name is the operator, by mail."""
    told = [{"app": each.relying_party, **_fields(each, *_NOTICE)} for each in row.notices.all()]
    return {**_fields(row, *_DEPARTURE), "told": told}


def _roles(rows: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- a manager of two models
    not_kept = wiring.config().claims_not_kept
    return [
        {
            "role": row.role.name,
            **_fields(row, "rule", "ruleset_version", "since"),
            "given_by": getattr(row, "given_by", ""),
            "because": list(without_values(row.because, not_kept)),
        }
        for row in rows.select_related("role")
    ]


def _merges(account: Account) -> Any:  # noqa: ANN401 -- of dictionaries
    """Accounts that went into hers, or into which hers went."""
    rows = Merge.objects.filter(Q(kept=account) | Q(gone=account))
    return rows.values("kept", "gone", "by", "at", "state", "ended_by", "ended_at")


def _session(row: Any) -> dict[str, Any]:  # noqa: ANN401 -- a row with what was fetched beside it
    apps = [each.relying_party for each in row.entered.all()]
    return _fields(row, *_SESSION) | {"apps": apps}


def _entry(entry: Any) -> dict[str, Any]:  # noqa: ANN401 -- auditlog ships no types
    told = entry.additional_data or {}
    who = {"by": told.get("actor", ""), "source": told.get("source", "")}
    return {"at": entry.timestamp, **who, "changes": entry.changes}


def _record(account: str) -> Any:  # noqa: ANN401 -- of dictionaries
    """What happened to her, and what she did."""
    rows = AuditEvent.objects.filter(Q(account=account) | Q(actor=account)).order_by("id")
    return rows.values("at", "event", "actor", "account", "reference", "detail")
