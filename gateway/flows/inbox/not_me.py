"""An employee says that somebody else signs in as her."""

from datetime import datetime

from gateway.departures.models import Act
from gateway.flows.inbox.news import News, Outcome
from gateway.flows.inbox.taking import take
from provisioning.models import Source

CAUSE = "this was not me"


def not_me(*, account: str, reference: str = "", now: datetime) -> Outcome:
    """Ends everything of hers; the operator is told by mail. The account stays open, for she shall
    come back. Raises AccountUnknown, SessionStoreUnavailable.
    """
    return take(
        News(
            account=account,
            act=Act.END_SESSIONS,
            source=Source.PERSON,
            by=account,
            cause=CAUSE,
            at=now,
            reference=reference,
        )
    )
