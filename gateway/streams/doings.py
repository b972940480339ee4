"""What may be done upon a signal of each kind; the first of each is done unless an admin says
otherwise.
"""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from providers.signals.events import Kind


class Doing(models.TextChoices):
    CLOSE = "close", _("Close the account")
    END = "end", _("End the sessions")
    ASK = "ask", _("Ask the provider again")
    LIFT = "lift", _("Take back what this provider closed")
    NOTE = "note", _("Only note it")


CHOICES: Mapping[Kind, tuple[Doing, ...]] = {
    Kind.SESSION_REVOKED: (Doing.END, Doing.CLOSE, Doing.NOTE),
    Kind.ACCOUNT_DISABLED: (Doing.CLOSE, Doing.END, Doing.NOTE),
    Kind.ACCOUNT_PURGED: (Doing.CLOSE, Doing.END, Doing.NOTE),
    Kind.ACCOUNT_ENABLED: (Doing.LIFT, Doing.NOTE),
    Kind.CREDENTIAL_REVOKED: (Doing.END, Doing.CLOSE, Doing.NOTE),
    Kind.CREDENTIAL_CHANGED: (Doing.NOTE, Doing.END),
    Kind.CLAIMS_CHANGED: (Doing.ASK, Doing.END, Doing.NOTE),
    Kind.NOT_COMPLIANT: (Doing.END, Doing.CLOSE, Doing.NOTE),
    Kind.COMPLIANT: (Doing.NOTE,),
    Kind.ASSURANCE_CHANGED: (Doing.NOTE, Doing.ASK, Doing.END),
}


def doing(kind: Kind, said: Mapping[str, str]) -> Doing:
    """What is done; `said` is an admin's word, by kind. What a kind does not offer counts as if
    nothing had been said.
    """
    offered = CHOICES.get(kind, (Doing.NOTE,))
    wanted = said.get(kind.value, "")
    return Doing(wanted) if wanted in offered else offered[0]
