"""The versions of the rules, and the drafts that become versions."""

from mapping.models.drafts import Draft, DraftEdition, DraftPresence, DraftRemark
from mapping.models.versions import Provenance, RuleSetVersion, active, at_version, publish

__all__ = [
    "Draft",
    "DraftEdition",
    "DraftPresence",
    "DraftRemark",
    "Provenance",
    "RuleSetVersion",
    "active",
    "at_version",
    "publish",
]
