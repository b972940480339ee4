"""Trying a provider out: every check of a sign-in, and what would follow, without any of it.

An admin signs in at a provider that is not enabled yet and comes back. The answer is judged like
any other; the account is found, joined or made and its roles decided by the very code that a
sign-in runs, in a transaction that never commits. Nobody is signed in, nothing is on record.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.traces import contents
from gateway.traces.causes.table import failure
from mapping import models as mapping_models
from mapping.ruleset import Decision, RuleSet
from providers.connector import AuthenticationRequest, AuthenticationResponse
from providers.errors import ProviderError
from providers.identity import ExternalIdentity
from providers.models import Provider
from providers.trace import Trace, tracing
from provisioning.changes import Provisioned
from provisioning.errors import ProvisioningError
from provisioning.jit import LinkPolicy, provision


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a sign-in would have been. `failed_check` is empty if it would have gone well.

    `account` is who would be signed in, with what would change: an account made or joined, roles
    gained and lost with their reasons. Its id is of no use afterwards. `decision` is what the rules
    say of the person, whether or not an account is let in.
    """

    steps: list[dict[str, object]]
    claims: contents.Claims = field(repr=False)
    failed_check: str = ""
    account: Provisioned | None = None
    decision: Decision | None = None


def rehearse(
    provider: Provider,
    request: AuthenticationRequest,
    response: AuthenticationResponse,
    *,
    now: datetime,
) -> Rehearsal:
    """Judges the answer to `request`; the row need not be enabled. Changes no row."""
    with tracing(values=True) as trace:
        try:
            identity = wiring.connector_for(provider).complete(request, response, now)
            rules = mapping_models.active()
            decision = rules.decide(identity, now)
        except ProviderError as error:
            return failed(trace, error)
        try:
            account = _account(provider, identity, rules, now)
        except ProvisioningError as error:
            return failed(trace, error, decision)
        trace.passed("account.admitted")
    return Rehearsal(
        steps=contents.steps(trace.steps),
        claims=contents.claims(trace.claims),
        account=account,
        decision=decision,
    )


def failed(trace: Trace, error: Exception, decision: Decision | None = None) -> Rehearsal:
    """What was tried until `error` ended it."""
    why = failure(error)
    trace.failed(why.check, expected=why.expected, received=why.received)
    return Rehearsal(
        steps=contents.steps(trace.steps),
        claims=contents.claims(trace.claims),
        failed_check=contents.text(why.check, contents.MAX_TEXT),
        decision=decision,
    )


def _account(
    provider: Provider, identity: ExternalIdentity, rules: RuleSet, now: datetime
) -> Provisioned:
    """What the sign-in would make of her. Raises ProvisioningError."""
    with transaction.atomic():
        account = provision(
            identity,
            rules.decide(identity, now),
            rules,
            policy=LinkPolicy.of(provider, now),
            staff_role=wiring.config().staff_role,
            now=now,
        )
        transaction.set_rollback(True)
    return account
