"""Keeping what a sign-in went through, and letting it go after a week."""

from datetime import datetime, timedelta

from gateway.traces import contents
from gateway.traces.causes.table import cause_of, failure
from gateway.traces.models import LoginTrace
from providers.trace import Trace

KEPT = timedelta(days=7)
BATCH = 1_000


def keep_success(
    trace: Trace, *, provider: str, account: str, reference: str, at: datetime
) -> None:
    """One insert, in the transaction of the sign-in."""
    LoginTrace.objects.create(
        at=at,
        reference=reference,
        provider=provider[: LoginTrace.MAX_PROVIDER],
        outcome=LoginTrace.Outcome.SUCCEEDED,
        account=account,
        steps=contents.steps(trace.steps),
        claims=contents.claims(trace.claims),
    )


def keep_failure(
    trace: Trace, error: Exception, *, provider: str, reference: str, at: datetime
) -> None:
    """One insert; its last step is the check that failed. It names an account where her provider
    had said who she is.
    """
    failed = failure(error)
    trace.failed(failed.check, expected=failed.expected, received=failed.received)
    cause = cause_of(failed.check)
    LoginTrace.objects.create(
        at=at,
        reference=reference,
        provider=provider[: LoginTrace.MAX_PROVIDER],
        outcome=LoginTrace.Outcome.FAILED,
        cause=cause.kind if cause is not None else "",
        account=getattr(error, "account", ""),
        failed_check=contents.text(failed.check, LoginTrace.MAX_CHECK),
        steps=contents.steps(trace.steps),
        claims=contents.claims(trace.claims),
    )


def purge(*, now: datetime) -> int:
    """Deletes what is older than a week, in batches that lock nobody out; how many that were."""
    total = 0
    while True:
        old = LoginTrace.objects.filter(at__lt=now - KEPT).order_by("id").values_list("id")[:BATCH]
        deleted, _ = LoginTrace.objects.filter(id__in=[row for (row,) in old]).delete()
        total += deleted
        if deleted < BATCH:
            return total
