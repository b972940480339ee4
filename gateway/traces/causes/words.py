"""What the person at the browser is told for each class of cause. Nothing technical."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from gateway.traces.causes.cause import Kind, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    title: Text
    happened: Text
    to_do: Text
    to_ask: Text


_UNCONFIRMED = _("Your company did not confirm who you are")
_NOT_SET_UP = _("This way of signing in is not set up right")
_NOT_LET_IN = _("Your company did not let you in")

WORDS: Mapping[Kind, Words] = {
    Kind.CLOCK: Words(
        title=_UNCONFIRMED,
        happened=_("Your company’s sign-in and this one do not agree on the time."),
        to_do=_("Try again in a minute."),
        to_ask=_("If it happens again, give your help desk the code: a clock must be set right."),
    ),
    Kind.PROVIDER: Words(
        title=_NOT_SET_UP,
        happened=_("Your company’s sign-in is not quite set up for this place yet."),
        to_do=_("Trying again will not help until that is mended."),
        to_ask=_("Give your help desk the code; whoever runs your company’s sign-in can mend it."),
    ),
    Kind.HERE: Words(
        title=_NOT_SET_UP,
        happened=_("This place is not quite set up for your company’s sign-in yet."),
        to_do=_("Trying again will not help until that is mended."),
        to_ask=_("Give your help desk the code; whoever runs this page can mend it."),
    ),
    Kind.KEYS: Words(
        title=_UNCONFIRMED,
        happened=_("Your company’s sign-in has changed, and this place has not heard of it yet."),
        to_do=_("Try again in a minute."),
        to_ask=_("If it happens again, give your help desk the code."),
    ),
    Kind.NOT_ALLOWED: Words(
        title=_NOT_LET_IN,
        happened=_("Your company knows you, but you are not let in here."),
        to_do=_("If you have another account, use that one."),
        to_ask=_("Ask your help desk for access, and give them the code."),
    ),
    Kind.CANCELLED: Words(
        title=_NOT_LET_IN,
        happened=_("You may have cancelled, or your account may not be allowed to sign in here."),
        to_do=_("Begin again if you did not mean to stop."),
        to_ask=_("If you did not cancel, ask your help desk for access and give them the code."),
    ),
    Kind.TOO_OLD: Words(
        title=_("This sign-in is over"),
        happened=_("It took too long, or was used before."),
        to_do=_("Begin again; it only takes a moment."),
        to_ask=_("If it happens again, give your help desk the code."),
    ),
    Kind.NETWORK: Words(
        title=_("Your company’s sign-in does not answer"),
        happened=_("It may be away for a moment, or cannot be reached from here."),
        to_do=_("Nothing is lost. Wait a moment, then try again."),
        to_ask=_("If it goes on, give your help desk the code."),
    ),
    Kind.TAMPERING: Words(
        title=_UNCONFIRMED,
        happened=_("The answer could not be trusted, so nobody was signed in."),
        to_do=_("Begin again from here, not from a link or a bookmark."),
        to_ask=_("If it happens again, give your help desk the code."),
    ),
}
