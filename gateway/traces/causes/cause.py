"""The values that the table of causes is made of."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Kind(TextChoices):
    """The class of a cause: all that the person at the browser needs to know of it."""

    CLOCK = "clock", _("Clocks apart")
    PROVIDER = "provider", _("Set-up at the provider")
    HERE = "here", _("Set-up here")
    KEYS = "keys", _("Key changed")
    NOT_ALLOWED = "not-allowed", _("Person not let in")
    CANCELLED = "cancelled", _("Cancelled or denied")
    TOO_OLD = "too-old", _("Too old or used")
    NETWORK = "network", _("Network")
    TAMPERING = "tampering", _("Answer not to be trusted")


class Place(StrEnum):
    """Where in a vendor's own pages something stands; `places` has their names for it."""

    CLIENT = "client"  # client id, secret, redirect URIs
    SERVICE = "service"  # our entity id and ACS address
    KEYS = "keys"  # what it signs with
    CIPHERS = "ciphers"  # what it signs and encrypts, and by which algorithms
    CLAIMS = "claims"  # attributes, groups, NameID
    PEOPLE = "people"  # who may sign in to this app
    LOGS = "logs"  # its own word on one sign-in


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`what` says what the check found, `remedy` what an admin does about it."""

    kind: Kind
    what: Text
    remedy: Text
    place: Place | None = None
