"""The account of somebody of whom her company tells before she comes: a directory, or SCIM."""

from datetime import datetime

from mapping.ruleset import Decision, RuleSet
from providers.identity import ExternalIdentity
from provisioning import attributes, jit, roles
from provisioning.changes import Provisioned
from provisioning.policy import LinkPolicy


def foretell(
    identity: ExternalIdentity,
    decision: Decision,
    rules: RuleSet,
    *,
    policy: LinkPolicy,
    staff_role: str,
    now: datetime,
) -> Provisioned:
    """Found, joined or made as at a sign-in, profile and roles brought up to now; but nobody signs
    in, so the moment of the last sign-in stays.

    Runs in the caller's transaction and holds the account's row lock until that ends. The same
    again changes nothing. Raises AccountClosed, LinkConflict, NotAdmitted, OtherProviderRequired.
    """
    linked, joined = jit.joined_or_made(identity, policy, now, staff_role=staff_role)
    profile = jit.refresh(linked, identity, policy, now, by=attributes.foretold)
    jit.keep(identity, linked, rules, now)
    effective, changed = roles.reconcile(linked, decision, rules, staff_role=staff_role, now=now)
    return jit.provisioned(linked.account, effective, (*joined, *profile, *changed))
