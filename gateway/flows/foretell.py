"""Making and keeping the account of somebody who does not sign in: her company tells of her.

As at a sign-in the rules decide; losses of roles reach live sessions before the commit, and gains
after it by the outbox.
"""

from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.mapping import drift
from mapping import models as mapping_models
from providers import registry
from providers.identity import ExternalIdentity
from provisioning.changes import Provisioned
from provisioning.foretold import foretell
from provisioning.policy import LinkPolicy


def foretold(identity: ExternalIdentity, *, actor: str, now: datetime) -> Provisioned:
    """The account as it is now, in the caller's transaction or else in one of its own.

    Raises ProviderUnknown (also where it is switched off), AccountClosed, LinkConflict,
    NotAdmitted, OtherProviderRequired, SessionStoreUnavailable: upon each of which nothing was
    changed.
    """
    with transaction.atomic():
        rules = mapping_models.in_force()  # from here on whoever switches the provider off waits
        provider = registry.enabled(identity.provider)
        provisioned = foretell(
            identity,
            drift.decided(identity, rules, actor=actor, now=now),
            rules,
            policy=LinkPolicy.of(provider, now).for_told(),
            staff_role=wiring.config().staff_role,
            now=now,
        )
        if provisioned.changes:
            record_changes(provisioned.changes, actor=actor, at=now)
            effective = {provisioned.account: provisioned.roles}
            write_roles(provisioned.changes, effective, rules.version)
            wake_after_commit()
    return provisioned
