"""Finding the provider through which somebody signs in, before anybody knows who it is.

In this order: the app she wants to enter may name its providers, and then there are no others; a
link may name one; an app that names one leads straight there. Otherwise she chooses: the provider
that this browser used last, a handful by name, or, of more than that, the one that holds the domain
of her work e-mail. Nothing here looks at accounts, so that nobody learns who has one.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from gateway.flows.errors import DomainUnknown
from gateway.relying_parties.models import RelyingParty
from providers.domains import domain_of
from providers.models import Provider, held_domains

HANDFUL = 6  # more are never listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What a sign-in page shows. Among more than a handful `providers` is only the one that this
    browser used last, if it is among them.
    """

    providers: tuple[Provider, ...]
    by_address: bool  # more than a handful: she writes her address


def offered(app: RelyingParty | None, remembered: str) -> Offered:
    """`remembered` is a slug, or whatever the browser has in its place."""
    rows = _among(app).only("id", "slug", "name")
    few = tuple(rows[: HANDFUL + 1])
    if len(few) <= HANDFUL:
        return Offered(providers=few, by_address=False)
    used = rows.filter(slug=remembered)[:1] if remembered.isprintable() else ()
    return Offered(providers=tuple(used), by_address=True)


def straight_to(app: RelyingParty | None, wanted: str) -> str:
    """The slug of the provider where nothing is left to choose: the link names it, or the app names
    no other; else empty. A name that is none of those on offer is passed over.
    """
    rows = _among(app)
    if wanted and wanted.isprintable() and rows.filter(slug=wanted).exists():
        return wanted
    if app is None or not app.providers:
        return ""
    named = list(rows.values_list("slug", flat=True)[:2])
    return named[0] if len(named) == 1 else ""


def by_address(app: RelyingParty | None, address: str, *, now: datetime) -> Provider:
    """The provider that holds the domain of this address. Raises DomainUnknown for every other
    text alike: it says nothing of whoever may have the address, and never holds it.
    """
    domain = domain_of(address)
    held = held_domains(now).filter(domain=domain)
    found = _among(app).filter(domains__in=held).first() if domain else None
    if found is None:
        raise DomainUnknown("no provider on offer holds the domain")
    return found


def admits(app: RelyingParty | None, provider: str) -> bool:
    """Whether who signed in through this provider may enter the app. The operator's own one-use
    link (no provider) always may: it is for the day on which a provider is away.
    """
    return app is None or not app.providers or not provider or provider in app.providers


def _among(app: RelyingParty | None) -> QuerySet[Provider]:
    rows = Provider.objects.filter(enabled=True)
    return rows.filter(slug__in=app.providers) if app and app.providers else rows
