"""`manage.py drill`: what people see while a part is away."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows.drill import DrillImpossible, Seen, redis_down
from gateway.management.explained import ExplainedCommand, one_of

HELP = """\
Takes a part away and prints what each kind of caller gets, second by second:

  manage.py drill redis-down                 at the first app
  manage.py drill redis-down --app wiki      at this one

It happens in a copy: a Redis and an edge of its own on this machine, with the routes and the keys
of now and a person who exists nowhere. The installation's own Redis is neither read nor written,
and the database only read. docs/when-parts-are-away.md says what to expect and what to do.

Exit status: 0 who was signed in is served again at the end; 1 she is not, or there was no drill.
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(parser, {"redis-down": "Redis goes, is missed, and comes back"})
        verbs["redis-down"].add_argument("--app", default="", metavar="SLUG", help="which app")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        self.stdout.write(f"{'seconds':>8}  {'answer':>6}  {'took':>7}  who and where to")
        try:
            for seen in redis_down(options["app"], now=timezone.now()):
                self.stdout.write(_line(seen))
        except DrillImpossible as error:
            raise CommandError(f"No drill: {error}.") from error
        self.stdout.write("Redis is back; who was signed in still is.")


def _line(seen: Seen) -> str:
    answer = str(seen.status) if seen.status else "none"
    took = f"{seen.took_milliseconds} ms"
    to = f" -> {seen.what}" if seen.what else ""
    return f"{seen.seconds:8.1f}  {answer:>6}  {took:>7}  {seen.who}{to}"
