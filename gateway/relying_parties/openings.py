"""Which apps a role opens: read from the apps, so that it cannot say anything else than they do."""

from collections import defaultdict
from collections.abc import Mapping

from gateway.relying_parties.models import RelyingParty


def apps_by_role() -> Mapping[str, tuple[str, ...]]:
    """The names of the enabled apps of which some part asks for a role, by the role's name."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for app in RelyingParty.objects.filter(enabled=True):
        for access in app.access:
            for role in access["roles"]:
                found[role][app.name] = None
    return {role: tuple(names) for role, names in found.items()}
