"""Letting go what was kept of people who have not been seen for long."""

from datetime import datetime

from gateway import wiring
from provisioning import last_identity


def forget(*, now: datetime) -> int:
    """Of how many people. Their accounts, links and roles stay."""
    return last_identity.forget_before(now - wiring.config().identities_kept)
