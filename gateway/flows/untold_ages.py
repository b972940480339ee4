"""Apps that demand an age of sign-ins, and providers of their people that never say one: whoever
comes through such a provider is sent to sign in again and gets in nowhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from django.utils.translation import gettext, ngettext

from gateway.relying_parties.demands import demands_age
from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.ages import tells_ages
from providers.models import Provider

_MAX_NAMED = 5


def untold_ages(apps: Iterable[RelyingParty]) -> Iterator[tuple[RelyingParty, tuple[str, ...]]]:
    """Of these apps the ones that shut people out, and the names of the providers whose people
    those are. Of a provider by which nobody signed in lately nothing is known.
    """
    tells, enabled = cache(tells_ages), Provider.objects.filter(enabled=True).order_by("name")
    for app in apps:
        if not demands_age(app):
            continue
        through = enabled.filter(slug__in=app.providers) if app.providers else enabled
        named = through.values_list("slug", "name")
        silent = tuple(name for slug, name in named if tells(slug) is False)
        if silent:
            yield app, silent


def sentence(providers: Sequence[str]) -> str:
    told = ngettext(
        "People of %(providers)s could not enter: this provider does not say when it saw them "
        "(auth_time).",
        "People of %(providers)s could not enter: these providers do not say when they saw them "
        "(auth_time).",
        len(providers),
    )
    named = ", ".join(providers[:_MAX_NAMED])
    more = len(providers) - _MAX_NAMED
    if more > 0:
        named = gettext("%(providers)s and %(number)d more") % {"providers": named, "number": more}
    return told % {"providers": named}


def remedy() -> str:
    return gettext(
        "Add the optional claim at the provider, or leave ages out. One that says it only when it "
        "is asked, as Auth0 does, keeps nobody out."
    )
