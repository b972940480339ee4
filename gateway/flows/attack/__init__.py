"""Attacking one's own gateway: every forgery of the kit, at the running configuration.

It may be run on production: the connectors are those of the real rows with the real settings, but
nobody is signed in, no row is written, no limit is spent, no trace is kept, nothing is posted to a
provider and nothing leaves a mark; one event says that it was done, and what came of it. What
needs a provider's key is fired with the provider's keys exchanged by the kit's own, and only then:
the honest message must be taken under those, or no refusal counts.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.attack import doors, oidc, saml, wire
from gateway.flows.attack.report import Attacked, Report, Weakness
from gateway.flows.attack.weaknesses import weaknesses
from providers import registry
from providers.errors import ProviderError
from providers.models import Provider

__all__ = ["Attacked", "Report", "Weakness", "attack"]

_TOTALS: dict[str, int] = {
    Provider.Protocol.OIDC: oidc.TOTAL,
    Provider.Protocol.SAML: saml.TOTAL,
}
Progress = Callable[[int, int], None]  # done, of so many


def attack(
    slug: str, *, actor: str, now: datetime, progress: Progress, over_http: bool = False
) -> Report:
    """Attacks one provider, on or off, or all that are on (no slug); with `over_http` the gateway's
    own address too, which is seen by others (`wire`). Raises ProviderUnknown.
    """
    rows = (registry.find(slug),) if slug else tuple(Provider.objects.filter(enabled=True))
    total = doors.TOTAL + sum(_TOTALS.get(row.protocol, 0) for row in rows)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(min(done, total), total)

    attacked = [Attacked(provider="", outcomes=tuple(doors.attack(step=step)))]
    attacked += [_attacked(row, now=now, step=step) for row in rows]
    if over_http:
        outcomes = wire.attack(tuple(row for row in rows if row.enabled), step=lambda: None)
        attacked.append(Attacked(provider=wiring.config().base_url, outcomes=tuple(outcomes)))
    report = Report(at=now, attacked=tuple(attacked))
    _put_on_record(report, [row.slug for row in rows], actor)
    return report


def _attacked(row: Provider, *, now: datetime, step: Callable[[], None]) -> Attacked:
    try:
        if row.protocol == Provider.Protocol.OIDC:
            outcomes = oidc.attack(row, now=now, step=step)
        else:
            outcomes = saml.attack(row, step=step)
    except ProviderError as error:  # the row cannot work, so nobody signs in by it
        return Attacked(provider=row.slug, outcomes=(), problem=str(error))
    outcomes.append(doors.joined(row, now=now))
    return Attacked(provider=row.slug, outcomes=tuple(outcomes), weaknesses=weaknesses(row))


def _put_on_record(report: Report, slugs: list[str], actor: str) -> None:
    with transaction.atomic():
        record(
            Event.CONFIGURATION_ATTACKED,
            actor=actor,
            detail={
                "providers": slugs,
                "refused": report.count("refused"),
                "not_proven": report.count("not-proven"),
                "holes": [
                    f"{a.provider} {hole.attack}" for a in report.attacked for hole in a.holes
                ],
            },
            at=report.at,
        )
    wiring.wake("audit.seal")
