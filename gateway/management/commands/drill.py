"""`manage.py drill`: what people see while a part is away."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows.drill import (
    DrillImpossible,
    Missed,
    Seen,
    database_down,
    provider_down,
    redis_down,
)
from gateway.management.explained import ExplainedCommand, one_of

HELP = """\
Takes a part away and prints what each kind of caller gets:

  manage.py drill redis-down                 second by second, at the first app
  manage.py drill redis-down --app wiki      at this one
  manage.py drill db-down                    at an app, and at the gateway
  manage.py drill provider-down              of each provider: who has another way in

The first two happen in a copy: a Redis, an edge and a gateway of its own on this machine, with the
routes and the keys of now and a person who exists nowhere. The installation's own Redis is neither
read nor written, and the database only read. The last asks no provider: it reads the configuration.
docs/when-parts-are-away.md says what to expect and what to do.

Exit status: 0 all was shown; 1 it could not be, or who was signed in is not served again.
"""
_VERBS = {
    "redis-down": "Redis goes, is missed, and comes back",
    "db-down": "the database is missed",
    "provider-down": "one provider after the other is missed",
}


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        for verb in one_of(parser, _VERBS).values():
            verb.add_argument("--app", default="", metavar="SLUG", help="which app")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        verb, app, now = options["verb"], options["app"], timezone.now()
        try:
            if verb == "provider-down":
                for missed in provider_down(app):
                    self.stdout.write(_missed(missed))
                self.stdout.write("Whoever is signed in goes on. For you: manage.py admin-link.")
                return
            self.stdout.write(
                f"{'seconds':>8}  {'answer':>6}  {'took':>7}  who, and where to or why"
            )
            drill = redis_down if verb == "redis-down" else database_down
            for seen in drill(app, now=now):
                self.stdout.write(_seen(seen))
        except DrillImpossible as error:
            raise CommandError(f"No drill: {error}.") from error
        if verb == "redis-down":
            self.stdout.write("Redis is back; who was signed in still is.")


def _seen(seen: Seen) -> str:
    answer = str(seen.status) if seen.status else "none"
    took = f"{seen.took_milliseconds} ms"
    to = f" -> {seen.what}" if seen.what else ""
    return f"{seen.seconds:8.1f}  {answer:>6}  {took:>7}  {seen.who}{to}"


def _missed(missed: Missed) -> str:
    others = ", ".join(missed.others)
    way = f"sign in through {others}" if others else "nobody can sign in anew"
    return f"{missed.provider} away, app {missed.app}: {way}"
