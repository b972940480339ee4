"""The versions of the rules, and the drafts that become versions."""

from mapping.models.drafts import Draft, DraftEdition, DraftPresence, DraftRemark
from mapping.models.drift import ClaimAlarm, ClaimProfile, ClaimSighting
from mapping.models.rollout import Rollout
from mapping.models.versions import (
    Provenance,
    RuleSetVersion,
    active,
    alone,
    at_version,
    in_force,
    publish,
    read,
)

__all__ = [
    "ClaimAlarm",
    "ClaimProfile",
    "ClaimSighting",
    "Draft",
    "DraftEdition",
    "DraftPresence",
    "DraftRemark",
    "Provenance",
    "Rollout",
    "RuleSetVersion",
    "active",
    "alone",
    "at_version",
    "in_force",
    "publish",
    "read",
]
