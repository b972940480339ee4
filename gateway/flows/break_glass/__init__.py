"""Break-glass accounts: made, given a password and a second factor, used, told of, closed."""

from gateway.flows.break_glass.accounts import LINK_LIFETIME, close, make
from gateway.flows.break_glass.equipping import Given, Offer, equip, offer
from gateway.flows.break_glass.signing_in import Answer, Challenge, challenge, first, second
from gateway.flows.break_glass.telling import see, tell, unseen

__all__ = [
    "LINK_LIFETIME",
    "Answer",
    "Challenge",
    "Given",
    "Offer",
    "challenge",
    "close",
    "equip",
    "first",
    "make",
    "offer",
    "second",
    "see",
    "tell",
    "unseen",
]
