"""Letting go what was kept of people who have not been seen for long."""

from datetime import datetime

from gateway import wiring
from gateway.flows import merging
from provisioning import last_identity


def forget(*, now: datetime) -> int:
    """Of how many people. Their accounts, links and roles stay. What merges would put back is
    forgotten as well, when it is too late for that.
    """
    merging.expire(now=now)
    return last_identity.forget_before(now - wiring.config().identities_kept)
