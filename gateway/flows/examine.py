"""Looking over all that an operator must know, part by part. Changes nothing, never raises: a part
that is away is what is told of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

import redis
from django.db import DatabaseError, connection
from django.db.models import QuerySet

from gateway import wiring
from gateway.flows import condition, readers, untold_ages
from gateway.flows.condition import Waiting
from gateway.flows.forecast import Due, forecast
from gateway.flows.forecast_words import moment, remedy, sentence
from gateway.flows.mapping import rollout
from gateway.flows.tell_endings import untold
from gateway.relying_parties.models import RelyingParty
from mapping import models as mapping_models
from providers import registry
from providers.errors import ProviderMisconfigured, SharedCacheUnavailable
from providers.forecast import Kind
from providers.models import Provider

# What `docs/operate.md` names as needed.
OLDEST = {"Redis": (7,), "Valkey": (7, 2)}
BEATS = timedelta(minutes=2)  # beat sends one every ten seconds
LATE, VERY_LATE = timedelta(minutes=1), timedelta(minutes=15)  # of what waits for the worker
_MAX_NAMED = 5
_CHUNK = 500  # rows in memory at once


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    area: str
    verdict: Verdict
    says: str
    remedy: str = ""


Part: TypeAlias = Callable[[datetime], Iterator[Finding]]


def examine(*, now: datetime) -> Iterator[Finding]:
    """Everything but what only a provider itself can say (`ask_providers`).

    What rests on a part that is away is not looked at, so that each cause is told once.
    """
    away: set[str] = set()
    unseen: list[str] = []
    for part, needs in _PARTS:
        area = part.__name__.removeprefix("_")
        if away.intersection(needs):
            unseen.append(area)
            continue
        for finding in _looked(part, area, now):
            if finding.verdict is Verdict.BAD:
                away.add(area)
            yield finding
    if unseen:
        yield Finding(
            area="doctor",
            verdict=Verdict.WARN,
            says=f"Not looked at: {', '.join(unseen)}.",
            remedy="Mend the database or Redis first, then ask again.",
        )


def _looked(part: Part, area: str, now: datetime) -> Iterator[Finding]:
    try:
        yield from part(now)
    except DatabaseError as error:
        yield _bad(area, f"The database does not answer ({type(error).__name__}).", _START)
    except SharedCacheUnavailable as error:
        yield _bad(area, f"Redis does not answer ({error}).", _START)


_START = "Start it, and see that its address and password are those of the environment."


def _database(_now: datetime) -> Iterator[Finding]:
    missing = condition.unapplied_migrations()
    if missing:
        yield _bad("database", f"{missing} migrations are not applied.", "Run manage.py migrate.")
    else:
        name = connection.display_name
        yield _ok("database", f"{name} answers, and every migration is applied.")


def _redis(_now: datetime) -> Iterator[Finding]:
    found = condition.memory()
    version = ".".join(map(str, found.version))
    if found.version < OLDEST[found.name]:
        needed = " or ".join(f"{n} {'.'.join(map(str, v))}" for n, v in OLDEST.items())
        yield _bad("redis", f"{found.name} {version} is too old.", f"It takes {needed} at least.")
    else:
        yield _ok("redis", f"{found.name} {version} answers.")


def _worker(now: datetime) -> Iterator[Finding]:
    seen = condition.last_beat()
    if seen is not None and now - seen < BEATS:
        yield _ok("worker", "Worker and beat are at work.")
        return
    since = f"since {moment(seen)}" if seen is not None else "for a week, or ever"
    yield _bad(
        "worker",
        f"No worker with beat has been seen {since}: nothing is renewed, delivered or sealed.",
        "celery --app gateway.celery worker --beat --without-gossip --without-mingle",
    )


def _outbox(now: datetime) -> Iterator[Finding]:
    yield _waiting("outbox", "to be told to apps", condition.outbox(), now)


def _record(now: datetime) -> Iterator[Finding]:
    yield _waiting("record", "to be sealed", condition.unsealed(), now)


def _waiting(area: str, what: str, found: Waiting, now: datetime) -> Finding:
    age = timedelta(0) if found.oldest is None else now - found.oldest
    if age < LATE:
        return _ok(area, f"Nothing waits long {what}.")
    return Finding(
        area=area,
        verdict=Verdict.WARN if age < VERY_LATE else Verdict.BAD,
        says=f"{found.count} wait {what}, the oldest since {moment(found.oldest)}.",
        remedy="See that the worker runs, and what its log says.",
    )


def enabled() -> "QuerySet[Provider]":
    rows = Provider.objects.filter(enabled=True).order_by("slug")
    return rows.select_related("metadata_source")


def _providers(_now: datetime) -> Iterator[Finding]:
    """Each row as a sign-in would read it."""
    base_url, cache, sound = wiring.config().base_url, wiring.shared_cache(), 0
    for row in enabled().iterator(chunk_size=_CHUNK):
        try:
            registry.connector(row, base_url=base_url, cache=cache)
            sound += 1
        except ProviderMisconfigured as error:
            says = f"Nobody can sign in by {row.slug}: {error}."
            yield _bad("providers", says, "Mend that field in the console or by manage.py apply.")
    if sound:
        yield _ok("providers", f"{sound} can be read.")
    elif not enabled().exists():
        says = "None is enabled, so nobody can sign in."
        yield Finding(
            area="providers", verdict=Verdict.WARN, says=says, remedy="docs/connect-a-provider.md"
        )


def _apps(_now: datetime) -> Iterator[Finding]:
    """What they demand that some of their people cannot meet."""
    found = False
    on = RelyingParty.objects.filter(enabled=True).order_by("slug")
    for app, of in untold_ages.untold_ages(on.iterator(chunk_size=_CHUNK)):
        found = True
        yield Finding(
            area="apps",
            verdict=Verdict.WARN,
            says=f"{app.slug} demands an age. {untold_ages.sentence(of)}",
            remedy=untold_ages.remedy(),
        )
    if not found:
        yield _ok("apps", "None demands an age that a provider does not tell.")


def _readers(_now: datetime) -> Iterator[Finding]:
    """They know of no app that it was switched off, so they go on reading."""
    try:
        found = readers.outlived()
    except readers.ReaderRefused:  # a cluster has none
        found = ()
    except redis.RedisError as error:
        yield _ok("readers", f"Redis does not tell its users ({type(error).__name__}).")
        return
    for each in found:
        reader, state = each.reader, "gone" if each.gone else "off"
        yield Finding(
            area="readers",
            verdict=Verdict.WARN,
            says=f"Reader {reader.name} of app {reader.app}, which is {state}, still reads.",
            remedy=f"manage.py readers remove {reader.name}",
        )
    if not found:
        yield _ok("readers", "Each is of an app that is on.")


def _rules(now: datetime) -> Iterator[Finding]:
    """What the rules in force say and do not do."""
    rules = mapping_models.active()
    named = sorted({(role, rule) for role, rule in rules.given() if role in rules.never_given})
    waiting = rollout.unreadable(now=now)
    if named:
        told = ", ".join(f"{role} by {rule}" for role, rule in named[:_MAX_NAMED])
        more = f" and {len(named) - _MAX_NAMED} more" if len(named) > _MAX_NAMED else ""
        shut = wiring.config().staff_role in {role for role, _ in named}
        yield Finding(
            area="rules",
            verdict=Verdict.WARN,
            says=f"Rules in force name roles that no rule may give, and give them to nobody: "
            f"{told}{more}.{' One of them opens the console.' if shut else ''}",
            remedy="Publish rules without them, or take them off GATEHOUSE_RULES_NEVER_GIVE.",
        )
    if waiting:
        yield Finding(
            area="rules",
            verdict=Verdict.WARN,
            says=f"{waiting} identities are not decided upon: their key is not in the key ring.",
            remedy="Bring the key ring back that has it; the worker then goes on by itself.",
        )
    if not named and not waiting:
        yield _ok("rules", "They do what they say, for everybody who is known.")


def _forecast(now: datetime) -> Iterator[Finding]:
    due = [each for each in forecast(now=now) if not _told_by_row(each)]
    yield from (_ends(each) for each in due)
    if not due:
        yield _ok("forecast", "Nothing ends within 90 days.")


def _mail(_now: datetime) -> Iterator[Finding]:
    config, error = wiring.config(), untold()
    if config.mail_server is None or not config.operator_email:
        yield Finding(
            area="mail",
            verdict=Verdict.WARN,
            says="Nobody is told by mail what ends.",
            remedy="Set GATEHOUSE_SMTP_URL and GATEHOUSE_OPERATOR_EMAIL.",
        )
    elif error:
        says = f"The last mail could not be sent ({error})."
        yield _bad("mail", says, "See that GATEHOUSE_SMTP_URL is right; it is tried again.")
    else:
        yield _ok("mail", f"{', '.join(config.operator_email)} hear of what ends.")


def _told_by_row(due: Due) -> bool:
    return due.ending.kind is Kind.SETTINGS and bool(due.ending.provider)


def _ends(due: Due) -> Finding:
    ending = due.ending
    at = f" ({moment(ending.ends_at)})" if ending.ends_at is not None else ""
    problem = f": {ending.problem}" if ending.problem else ""
    return Finding(
        area="forecast",
        verdict=Verdict.BAD if due.urgent else Verdict.WARN,
        says=f"{sentence(due)}{at}{problem}.",
        remedy=remedy(ending),
    )


def _ok(area: str, says: str) -> Finding:
    return Finding(area=area, verdict=Verdict.OK, says=says)


def _bad(area: str, says: str, remedy: str) -> Finding:
    return Finding(area=area, verdict=Verdict.BAD, says=says, remedy=remedy)


# In this order, and upon which other parts each rests.
_PARTS: tuple[tuple[Part, tuple[str, ...]], ...] = (
    (_database, ()),
    (_redis, ()),
    (_worker, ("redis",)),
    (_outbox, ("database",)),
    (_record, ("database",)),
    (_providers, ("database",)),
    (_apps, ("database",)),
    (_readers, ("database", "redis")),
    (_rules, ("database",)),
    (_forecast, ("database",)),
    (_mail, ("database",)),
)
