"""A provider is missed: whom it keeps out of which app, as the configuration stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.flows.drill.world import DrillImpossible
from gateway.relying_parties.models import RelyingParty
from providers.models import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """One app while one provider is away."""

    provider: str
    app: str
    others: tuple[str, ...]  # providers through which its people may sign in all the same


def provider_down(slug: str) -> Iterator[Missed]:
    """Of the app of this name, or of all. Raises DrillImpossible without a provider that is on."""
    on = tuple(
        Provider.objects.filter(enabled=True).order_by("slug").values_list("slug", flat=True)
    )
    if not on:
        raise DrillImpossible("no provider is switched on")
    apps = RelyingParty.objects.filter(enabled=True, **({"slug": slug} if slug else {}))
    for away in on:
        for app in apps.order_by("slug"):
            ways = tuple(each for each in on if not app.providers or each in app.providers)
            if away in ways:
                others = tuple(each for each in ways if each != away)
                yield Missed(provider=away, app=app.slug, others=others)
