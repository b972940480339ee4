"""Access reviews: begun, decided, reminded of, closed with evidence."""

from gateway.flows.reviews.beginning import WantedReview, begin
from gateway.flows.reviews.closing import close
from gateway.flows.reviews.deciding import MOST, Decided, decide
from gateway.flows.reviews.evidence import lines
from gateway.flows.reviews.handing import hand_on
from gateway.flows.reviews.reminding import left_to, remind, waiting_for
from gateway.flows.reviews.standing import Count, count

__all__ = [
    "MOST",
    "Count",
    "Decided",
    "WantedReview",
    "begin",
    "close",
    "count",
    "decide",
    "hand_on",
    "left_to",
    "lines",
    "remind",
    "waiting_for",
]
