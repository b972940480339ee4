"""An identity as plain JSON, for whoever keeps it, sealed, until its person says a word."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from providers.identity import ClaimSet, ExternalIdentity, Subject

_MOMENTS = ("authenticated_at", "session_ends")


def dumped(identity: ExternalIdentity) -> dict[str, object]:
    """All of it, also what only its session will need. Moments stay what they are."""
    content = {part.name: getattr(identity, part.name) for part in fields(identity)}
    return content | {"subject": asdict(identity.subject), "claims": identity.claims.plain()}


def loaded(content: Mapping[str, Any]) -> ExternalIdentity:
    """From `dumped`, by way of JSON with moments in ISO 8601."""
    moments = {name: datetime.fromisoformat(content[name]) for name in _MOMENTS if content[name]}
    plain = {
        "subject": Subject(**content["subject"]),
        "claims": ClaimSet(content["claims"]),
        "amr": tuple(content["amr"]),
        "upstream_names": tuple(content["upstream_names"]),
    }
    return ExternalIdentity(**{**content, **moments, **plain})
