"""What the record says of a person, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gateway.audit.events import Event
from gateway.audit.models import AuditEvent
from gateway.console.personal import LABELS
from gateway.flows.mapping.kept_back import told
from provisioning.models import Source

SIGN_INS = frozenset({Event.LOGIN_SUCCEEDED.value, Event.LOGIN_FAILED.value})
ENDINGS = frozenset(
    each.value
    for each in (
        Event.ACCOUNT_DEACTIVATED,
        Event.CLOSURE_ADDED,
        Event.SESSION_ENDED,
        Event.SESSIONS_ENDED,
    )
)
NOTHING = "-"
_SOURCES = dict(Source.choices)


def what(event: AuditEvent) -> str:
    """One line; the code itself for what is not about people."""
    words = _WORDS.get(event.event)
    if words is None:
        return event.event
    return str(words) % _Detail(event.detail)


def why(event: AuditEvent) -> tuple[str, ...]:
    """Whatever stands beside it, each by itself."""
    detail = event.detail
    said = (source(event), *(_part(detail, name) for name in _WHY))
    because = told(detail["because"]) if isinstance(detail.get("because"), list) else ()
    return tuple(filter(None, (*said, *because)))


def source(event: AuditEvent) -> str:
    """From which side it came; empty where that is not said."""
    said = event.detail.get("source", "")
    return str(_SOURCES.get(said, said))


def way_in(actor: str, provider: str, name: str) -> str:
    """By which an account came to be: `provider` is the name of the one that the actor is."""
    kind, _, slug = actor.partition(":")
    if provider:
        return gettext("first sign-in at %s") % provider
    if slug and kind == "scim":
        return gettext("told of by SCIM (%s)") % slug
    if slug and kind == "directory":
        return gettext("told of by the directory %s") % slug
    return gettext("made by %s") % name


def steps(entry: Any) -> tuple[str, ...]:  # noqa: ANN401 -- auditlog ships no types
    """Each attribute as it was and became."""
    changes = (entry.changes or {}).items()
    return tuple(
        f"{LABELS.get(name, name)}: {before or NOTHING} → {became or NOTHING}"
        for name, (before, became) in changes
    )


def _part(detail: Mapping[str, Any], name: str) -> str:
    value = detail.get(name)
    if value in (None, "", [], ()):
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return _WHY[name](text)


class _Detail(dict[str, Any]):
    """A row of an older release may lack what a newer one says."""

    def __missing__(self, _name: str) -> str:
        return NOTHING


_AS_IT_IS: Callable[[str], str] = str
_WHY: Mapping[str, Callable[[str], str]] = {
    "origin": _AS_IT_IS,
    "code": _AS_IT_IS,
    "reason": _AS_IT_IS,
    "problem": _AS_IT_IS,
    "why": _AS_IT_IS,
    "by": _AS_IT_IS,
    "acr": lambda text: gettext("way of signing in: %s") % text,
    "ruleset": lambda text: gettext("rules of version %s") % text,
    "count": lambda text: gettext("sessions: %s") % text,
    "tokens": lambda text: gettext("tokens revoked: %s") % text,
    "left": lambda text: gettext("still said by: %s") % text,
}
_WORDS: Mapping[str, str | Promise] = {
    Event.LOGIN_SUCCEEDED: _("Signed in at %(provider)s"),
    Event.LOGIN_FAILED: _("Was not let in at %(provider)s"),
    Event.ACCOUNT_CREATED: _("The account was made"),
    Event.ACCOUNT_DEACTIVATED: _("The account was closed"),
    Event.ACCOUNT_REACTIVATED: _("The account was opened again"),
    Event.CLOSURE_ADDED: _("One more said that the account is closed"),
    Event.CLOSURE_LIFTED: _("One said no more that the account is closed"),
    Event.PERSON_EXPORTED: _("All that is kept of her was handed out"),
    Event.PERSON_ERASED: _("The person was erased"),
    Event.ACCOUNT_END_MOVED: _("The end date became %(ends_at)s (it was: %(before)s)"),
    Event.SERVICE_ACCOUNT_MADE: _("The service account was made"),
    Event.SERVICE_ACCOUNT_HANDED: _("Somebody else answers for the service account"),
    Event.IDENTITY_LINKED: _("An identity was linked: %(issuer)s"),
    Event.IDENTITY_UNLINKED: _("An identity was taken off: %(provider)s"),
    Event.ACCOUNT_PROVEN: _("Showed at %(provider)s that the account is hers"),
    Event.JOIN_APPROVED: _("An identity of %(provider)s was let join the account"),
    Event.INVITATION_TAKEN: _("Came by an invitation"),
    Event.REVIEW_DECIDED: _("An access review says of the role %(role)s: %(decision)s"),
    Event.ACCOUNT_MERGED: _("Two accounts became one"),
    Event.MERGE_UNDONE: _("One account became two again"),
    Event.MERGE_EXPIRED: _("The account can be made two again no more"),
    Event.ACCOUNT_SPLIT: _("An identity was given an account of its own"),
    Event.ROLE_GAINED: _("Was given the role %(role)s"),
    Event.ROLE_LOST: _("Lost the role %(role)s"),
    Event.ROLE_MASKED: _("The role %(role)s counts no more"),
    Event.ROLE_UNMASKED: _("The role %(role)s counts again"),
    Event.ATTRIBUTE_CHANGED: _("A rule says something else of %(name)s"),
    Event.SESSION_ENDED: _("A session ended"),
    Event.SESSIONS_ENDED: _("Sessions ended"),
    Event.SESSION_CLIENT_CHANGED: _("A session is used elsewhere: %(was)s, now %(is)s"),
    Event.ENTRY_GRANTED: _("Went to the app %(relying_party)s"),
    Event.STEP_UP_MISSED: _("The app %(relying_party)s asked for more than her sign-in gave"),
    Event.RULES_DELEGATED: _("May draft the rules of %(provider)s"),
    Event.RULES_DELEGATION_ENDED: _("May draft the rules of %(provider)s no more"),
    Event.API_TOKEN_MADE: _("The API token %(name)s was made"),
    Event.API_TOKEN_REVOKED: _("The API token %(name)s was revoked"),
    Event.ADMIN_LINK_MADE: _("A one-use link was made"),
    Event.ADMIN_LINK_USED: _("A one-use link was used"),
    Event.BREAK_GLASS_LINK_MADE: _("A link to set up break-glass was made"),
    Event.BREAK_GLASS_EQUIPPED: _("A factor was set up: %(factor)s"),
    Event.BREAK_GLASS_USED: _("Signed in by break-glass (%(factor)s)"),
    Event.BREAK_GLASS_REFUSED: _("Break-glass was refused (%(step)s)"),
    Event.BREAK_GLASS_SEEN: _("A use of break-glass was looked at"),
}
