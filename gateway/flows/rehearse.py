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
from providers.connector import AuthenticationRequest, AuthenticationResponse
from providers.errors import ProviderError
from providers.models import Provider
from providers.trace import tracing
from provisioning.changes import Provisioned
from provisioning.errors import ProvisioningError
from provisioning.jit import LinkPolicy, provision


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a sign-in would have been. `failed_check` is empty if it would have gone well.

    `account` is who would be signed in, with what would change: an account made or joined, roles
    gained and lost with their reasons. Its id is of no use afterwards.
    """

    steps: list[dict[str, object]]
    claims: contents.Claims = field(repr=False)
    failed_check: str = ""
    account: Provisioned | None = None


def rehearse(
    provider: Provider,
    request: AuthenticationRequest,
    response: AuthenticationResponse,
    *,
    now: datetime,
) -> Rehearsal:
    """Judges the answer to `request`; the row need not be enabled. Changes no row."""
    account, failed_check = None, ""
    with tracing(values=True) as trace:
        try:
            account = _account(provider, request, response, now)
            trace.passed("account.admitted")
        except (ProviderError, ProvisioningError) as error:
            failed = failure(error)
            failed_check = failed.check
            trace.failed(failed_check, expected=failed.expected, received=failed.received)
    return Rehearsal(
        steps=contents.steps(trace.steps),
        claims=contents.claims(trace.claims),
        failed_check=failed_check,
        account=account,
    )


def _account(
    provider: Provider,
    request: AuthenticationRequest,
    response: AuthenticationResponse,
    now: datetime,
) -> Provisioned:
    """What the sign-in would make of her. Raises ProviderError, ProvisioningError."""
    identity = wiring.connector_for(provider).complete(request, response, now)
    grants = mapping_models.active().decide(identity, now).grants
    with transaction.atomic():
        account = provision(
            identity,
            grants,
            policy=LinkPolicy.of(provider),
            staff_role=wiring.config().staff_role,
            now=now,
        )
        transaction.set_rollback(True)
    return account
