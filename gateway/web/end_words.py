"""Why somebody is signed out here, in one sentence for herself."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_noop

from gateway.sessions.why import End, Why

_WORDS = {
    Why.PERSON: gettext_noop("You signed this browser out from another one."),
    Why.ADMINISTRATOR: gettext_noop("An administrator signed you out."),
    Why.TOO_MANY: gettext_noop("You have since signed in on as many browsers as you may."),
    Why.PROVIDER: gettext_noop("Your company ended your session."),
    Why.ACCOUNT_CLOSED: gettext_noop("Your account was closed."),
    Why.POLICY: gettext_noop("The way in which you had signed in was switched off."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EndTold:
    sentence: str
    at: datetime
    words: str = ""  # an administrator's own


def told(end: End) -> EndTold:
    return EndTold(sentence=gettext(_WORDS[end.why]), at=end.at, words=end.words)
