"""Judging real sign-ins a second time, by a draft of their provider's settings.

The live settings alone decide. What the provider answered to them is held in memory, and once the
person's own answer is on its way the draft judges the very same: no code is redeemed twice, nothing
that counts once is used up, and whatever goes wrong here is counted and goes no further. Without a
draft nothing of this happens.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models, transaction
from django.db.models import F

from gateway import wiring
from gateway.flows.shadow_words import Verdict, differences
from gateway.traces.causes.table import failure
from mapping import models as mapping_models
from providers import draft
from providers.connector import Connector
from providers.errors import ProviderError, ProviderUnreachable, SharedCacheUnavailable
from providers.identity import ExternalIdentity
from providers.models import Provider, ShadowSettings
from providers.recording import Answers, recording
from providers.replay import NotAsked
from providers.trace import Trace, tracing

MAX_DIFFERENCES = 20  # that are kept
AT_ONCE = 2  # in one process: more would take the workers from people; the others are not judged

Ask = Callable[[Connector], ExternalIdentity]

_log = logging.getLogger(__name__)
_free = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One sign-in, and what the live settings made of it."""

    provider: Provider
    shadow: ShadowSettings
    ask: Ask
    live: Verdict
    answers: Answers = field(repr=False)
    reference: str
    now: datetime


class Beside:
    """One sign-in, which is perhaps to be judged a second time."""

    def __init__(self) -> None:
        self._seen: _Seen | None = None

    def identity(
        self, provider: Provider, ask: Ask, trace: Trace, *, reference: str, now: datetime
    ) -> ExternalIdentity:
        """What the provider's connector says to `ask`; raises what it raises. `provider` is of
        `registry.enabled`, `trace` the one that this happens in.
        """
        connector = wiring.connector_for(provider)
        shadow = getattr(provider, "shadow", None)
        if not isinstance(shadow, ShadowSettings):
            return ask(connector)

        def see(live: Verdict, answers: Answers) -> None:
            self._seen = _Seen(
                provider=provider,
                shadow=shadow,
                ask=ask,
                live=live.heard(trace.claims),
                answers=answers,
                reference=reference,
                now=now,
            )

        with recording() as answers:
            try:
                identity = ask(connector)
            except ProviderError as error:
                see(Verdict.of(failure(error)), answers)
                raise
            see(Verdict(identity=identity), answers)
            return identity

    def judge(self) -> None:
        """The second judgement, for when nobody waits any more. Raises nothing."""
        seen, self._seen = self._seen, None
        if seen is None or not _free.acquire(blocking=False):
            return
        try:
            _judge(seen)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the draft's and not hers
            _log.warning("a draft could not be judged: %s", type(error).__name__)
        finally:
            _free.release()


def _judge(seen: _Seen) -> None:
    try:
        draft = _drafted(seen)
        if draft is None:
            return
        rules = mapping_models.active()
        found = differences(seen.live, draft, rules, seen.provider.settings, now=seen.now)
    except Exception as error:  # noqa: BLE001 -- counted
        _log.warning("a draft of %s broke: %s", seen.provider.slug, type(error).__name__)
        _count(seen.shadow, broken=1)
        return
    if not found:
        _count(seen.shadow, same=1)
        return
    _keep(seen, found)


def _drafted(seen: _Seen) -> Verdict | None:
    """None if the provider did not answer, so that there is nothing to judge."""
    with tracing() as trace:
        try:
            connector = draft.drafted(
                seen.provider,
                seen.shadow,
                seen.answers,
                base_url=wiring.config().base_url,
                cache=wiring.shared_cache(),
            )
            return Verdict(identity=seen.ask(connector)).heard(trace.claims)
        except SharedCacheUnavailable:
            raise
        except NotAsked as error:
            if seen.live.failed_check == ProviderUnreachable.code:
                return None
            return Verdict(not_asked=str(error))
        except ProviderError as error:
            return Verdict.of(failure(error)).heard(trace.claims)


def _same_draft(shadow: ShadowSettings) -> models.QuerySet[ShadowSettings]:
    """The draft that was judged, if it is still there: another one has its own figures."""
    return ShadowSettings.objects.filter(pk=shadow.pk, since=shadow.since)


def _count(shadow: ShadowSettings, *, same: int = 0, broken: int = 0) -> None:
    _same_draft(shadow).update(
        judged=F("judged") + 1, same=F("same") + same, broken=F("broken") + broken
    )


def _keep(seen: _Seen, found: list[str]) -> None:
    with transaction.atomic():
        row = _same_draft(seen.shadow).select_for_update().first()
        if row is None:
            return
        told = {"at": seen.now.isoformat(), "reference": seen.reference, "words": found}
        row.judged += 1
        row.differences = [told, *row.differences][:MAX_DIFFERENCES]
        row.save(update_fields=["judged", "differences"])
