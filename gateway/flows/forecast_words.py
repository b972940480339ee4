"""What ends, and what to do about it, in words: the same on pages, in mail and on terminals."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gateway.flows.forecast import Due, Stage
from providers.forecast import Ending, Kind

Text = str | Promise

_NAMES: Mapping[Kind, Text] = {
    Kind.IDP_CERTIFICATE: _("the signing certificate of %(provider)s"),
    Kind.SP_CERTIFICATE: _("our certificate at %(provider)s"),
    Kind.TLS_CERTIFICATE: _("our TLS certificate at %(provider)s"),
    Kind.CA_CERTIFICATE: _("the extra authority of %(provider)s"),
    Kind.CLIENT_SECRET: _("the client secret at %(provider)s"),
    Kind.METADATA: _("the metadata of %(provider)s"),
    Kind.METADATA_UNREADABLE: _("the metadata of %(provider)s"),
    Kind.METADATA_HELD: _("a change of the metadata of %(provider)s"),
    Kind.OWN_KEY: _("our %(name)s at %(provider)s"),
    Kind.SETTINGS: _("the settings of %(provider)s"),
    Kind.CLAIMS: _("what %(provider)s says of people"),
}
_REMEDIES: Mapping[Kind, Text] = {
    Kind.IDP_CERTIFICATE: _(
        "Ask its administrator for the next certificate and add it beside this one; metadata from "
        "an address does it by itself."
    ),
    Kind.SP_CERTIFICATE: _(
        "Run manage.py providers rotate-keys %(provider)s, one step at a time, as --help says."
    ),
    Kind.TLS_CERTIFICATE: _(
        "Get a new one from whoever made it; one that the gateway made itself: manage.py providers "
        "rotate-keys %(provider)s."
    ),
    Kind.CA_CERTIFICATE: _("Add the authority’s next certificate to ca_certificates."),
    Kind.CLIENT_SECRET: _(
        "Make a new secret at the provider, save it here, and set client_secret_expires to its end."
    ),
    Kind.METADATA: _(
        "Nobody can sign in by it from then on. See why it is not renewed: its administrator must "
        "publish it anew, or the address is wrong."
    ),
    Kind.METADATA_UNREADABLE: _(
        "What was read last stays in force. Open its address from this machine; if it moved, "
        "change it in the row."
    ),
    Kind.METADATA_HELD: _("It lowers security: open the row, and take the change or dismiss it."),
    Kind.OWN_KEY: _(
        "It is a year old, nothing ends. Run manage.py providers rotate-keys %(provider)s."
    ),
    Kind.SETTINGS: _("Open the row, mend the field that is named, and save it."),
    Kind.CLAIMS: _(
        "Whoever comes with that keeps her roles until somebody says, under Rules, Claim drift, "
        "whether it is right."
    ),
}
_OF_GATEWAY: Mapping[Kind, tuple[Text, Text]] = {
    Kind.OWN_KEY: (
        _("the gateway’s %(name)s key"),
        _("It is a year old, nothing ends. Run manage.py keys rotate %(name)s."),
    ),
    Kind.SETTINGS: (_("the gateway’s key ring"), _("manage.py keys list says what is wrong.")),
}


_NOW_ALREADY: Mapping[Kind, Text] = {
    Kind.METADATA_HELD: _("waits for a decision"),
    Kind.METADATA_UNREADABLE: _("cannot be read just now"),
    Kind.SETTINGS: _("cannot be read"),
    Kind.CLAIMS: _("has changed its shape"),
}


def name_of(ending: Ending) -> str:
    """Which thing, to stand within a sentence."""
    return _filled(_NAMES[ending.kind] if ending.provider else _OF_GATEWAY[ending.kind][0], ending)


def remedy(ending: Ending) -> str:
    found = _REMEDIES[ending.kind] if ending.provider else _OF_GATEWAY[ending.kind][1]
    return _filled(found, ending)


def when(due: Due) -> str:
    """The rest of a sentence that begins with the name: `ends in 12 days`."""
    if due.ending.ends_at is None:
        return str(_NOW_ALREADY[due.ending.kind])
    if due.ending.kind is Kind.OWN_KEY:
        return _turned_over(due)
    days = due.days
    if due.stage is not Stage.ENDED:
        return ngettext("ends in one day", "ends in %(days)d days", days) % {"days": days}
    if not days:
        return gettext("has ended")
    return ngettext("ended one day ago", "ended %(days)d days ago", -days) % {"days": -days}


def _turned_over(due: Due) -> str:
    if due.stage is Stage.ENDED:
        return gettext("is due to be turned over")
    one, many = "is due to be turned over in one day", "is due to be turned over in %(days)d days"
    return ngettext(one, many, due.days) % {"days": due.days}


def sentence(due: Due) -> str:
    """`The signing certificate of okta ends in 12 days`"""
    return capitalised(f"{name_of(due.ending)} {when(due)}")


def capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]


def headline(providers: int, due: tuple[Due, ...]) -> str:
    """The state of all in one sentence: `3 providers, one certificate ends in 12 days`."""
    count = ngettext("One provider", "%(count)d providers", providers) % {"count": providers}
    if not due:
        return gettext("%(providers)s, nothing ends within 90 days") % {"providers": count}
    first, more = due[0], len(due) - 1
    said = f"{name_of(first.ending)} {when(first)}"
    if not more:
        return f"{count}, {said}"
    others = ngettext("one thing more to look at", "%(more)d things more to look at", more)
    return f"{count}, {said}, {others % {'more': more}}"


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else ""


def _filled(text: Text, ending: Ending) -> str:
    return str(text) % {"provider": ending.provider, "name": ending.name.replace("_", " ")}
