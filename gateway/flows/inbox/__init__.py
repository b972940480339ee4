"""One inbox for the news that somebody must go, from whichever side it comes.

All of it is taken the same way: the account's row is locked first, one row goes on record with the
cause and the source, API tokens and the leave to ask her provider again go, and the sessions end
last. Named news is taken once. An account is open exactly while nobody's closure stands, so the
order in which two sides speak does not matter.
"""

from gateway.departures.models import Act
from gateway.flows.inbox.found import Ended, end_found
from gateway.flows.inbox.lifting import lift, reopen
from gateway.flows.inbox.news import News, Outcome
from gateway.flows.inbox.not_me import not_me
from gateway.flows.inbox.taking import take
from provisioning.models import Source

__all__ = [
    "Act",
    "Ended",
    "News",
    "Outcome",
    "Source",
    "end_found",
    "lift",
    "not_me",
    "reopen",
    "take",
]
