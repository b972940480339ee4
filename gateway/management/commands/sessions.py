"""`manage.py sessions`: who is signed in where; ending what a search finds; taking it along."""

import csv
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from gateway import wiring
from gateway.flows import ending, inbox
from gateway.flows.ending import Order
from gateway.flows.errors import EndingStopped
from gateway.flows.inbox import Ended, Source
from gateway.flows.spreadsheets import harmless
from gateway.management.explained import ExplainedCommand, one_of
from gateway.sessions.session import SessionHandle, SessionStoreUnavailable
from gateway.sessions.why import MAX_WORDS, Why
from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import LOCAL, Search
from gateway.web.session_words import elsewhere

HELP = f"""\
Says who is signed in where, and ends sessions. Each condition narrows what is found:

  manage.py sessions list --person ada
  manage.py sessions list --provider okta --role payroll
  manage.py sessions export --csv > sessions.csv
  manage.py sessions end --address 198.51.100.7 --reason "Stolen laptop"
  manage.py sessions end --provider okta --before 2026-03-02T08:00Z --reason "Breach there" --yes

`end` first says what it would do, and does it with --yes. Ended means ended here and in every app
at once; whoever may still sign in can do so again. The reason is read by those who are signed out,
and stands in the record. If Redis stops answering half-way, do the same again for the rest.
Sessions of one-use links have the provider {LOCAL}.
"""
_COLUMNS = (
    *("session", "person", "name", "provider", "since"),
    *("ends", "address", "country", "browser", "apps", "also"),
)
_CHUNK = 1_000
_SHOWN = 12  # letters of a handle: it is no secret, and nobody needs more


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "list": "the live ones, the newest first",
                "end": "end all that are found",
                "export": "the live ones as JSON, one a line",
            },
        )
        for verb in verbs.values():
            _conditions(verb)
        verbs["end"].add_argument("--reason", required=True, help="read by those it concerns")
        verbs["end"].add_argument("--yes", action="store_true", help="do it")
        verbs["export"].add_argument("--csv", action="store_true", help="as CSV with a header")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        search = _search(options)
        try:
            match options["verb"]:
                case "list":
                    for row in _found(search):
                        self.stdout.write("\t".join(row.values()))
                case "end":
                    self._end(search, options)
                case _:
                    self._export(search, as_csv=options["csv"])
        except SessionStoreUnavailable as error:
            raise CommandError("Redis does not answer; who is alive cannot be said.") from error

    def _end(self, search: Search, options: dict[str, Any]) -> None:
        reason = options["reason"].strip()
        if not reason or len(reason) > MAX_WORDS:
            raise CommandError(f"Write a reason of at most {MAX_WORDS} letters.")
        live = search.live().order_by()
        sessions, people = live.count(), live.values("account").distinct().count()
        if not options["yes"]:
            words = f"This would end {sessions} sessions of {people} people. Add --yes to do it."
            self.stdout.write(words)
            return
        order = Order(
            by="operator",
            reason=reason,
            at=timezone.now(),
            why=Why.ADMINISTRATOR,
            words=reason,
        )

        def told(done: Ended) -> bool:
            self.stderr.write(f"{done.sessions} of {sessions} sessions ended")
            return False

        try:
            done = inbox.end_found(search, order, source=Source.COMMAND, enough=told)
        except EndingStopped as stopped:
            words = f"Redis stopped answering: {stopped}. Do the same again for the rest."
            raise CommandError(words) from stopped
        self.stdout.write(f"Ended {done.sessions} sessions of {done.people} people.")
        self._tell_receipt()

    def _tell_receipt(self) -> None:
        receipt = ending.receipt(by="operator", at=timezone.now())
        if receipt is None:
            self.stdout.write("Redis did not say which edges have heard of it.")
            return
        if not receipt.edges:
            self.stdout.write("No edge is running that could remember them.")
            return
        edges, after = f"{receipt.heard} of {receipt.edges} edges", f"{receipt.milliseconds} ms"
        self.stdout.write(f"{edges} had forgotten them after {after}.")

    def _export(self, search: Search, *, as_csv: bool) -> None:
        if not as_csv:
            for row in _found(search):
                self.stdout.write(json.dumps(row, ensure_ascii=False))
            return
        writer = csv.DictWriter(self.stdout, _COLUMNS)
        writer.writeheader()
        writer.writerows(map(_harmless, _found(search)))


def _conditions(verb: ArgumentParser) -> None:
    verb.add_argument("--person", default="", help="part of a name, username or e-mail address")
    verb.add_argument("--provider", default="", metavar="SLUG")
    verb.add_argument("--app", default="", metavar="SLUG", help="that was entered")
    verb.add_argument("--role", default="", help="that the person has now")
    verb.add_argument("--address", default="", help="an IP address")
    verb.add_argument(
        "--before", default="", metavar="TIME", help="begun earlier: 2026-03-02T08:00Z"
    )


def _search(options: dict[str, Any]) -> Search:
    return Search(
        **{name: options[name] for name in ("person", "provider", "app", "role", "address")},
        before=_moment(options["before"]) if options["before"] else None,
    )


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise CommandError(
            f"--before is {text!r}; write a moment with its zone, 2026-03-02T08:00Z."
        )
    return found


def _found(search: Search) -> Iterator[dict[str, str]]:
    """Those that live, as Redis says, a thousand at a time."""
    rows = search.live().order_by("-id").select_related("account").prefetch_related("entered")
    last: int | None = None
    while chunk := list((rows if last is None else rows.filter(pk__lt=last))[:_CHUNK]):
        last = chunk[-1].pk
        lives = wiring.session_store().left([SessionHandle(row.handle) for row in chunk])
        yield from (_plain(row) for row, left in zip(chunk, lives, strict=True) if left is not None)
        if len(chunk) == _CHUNK:
            sys.stderr.write(f"down to those that began {chunk[-1].started_at:%Y-%m-%d %H:%M}\n")


def _plain(row: SignIn) -> dict[str, str]:
    apps = ",".join(each.relying_party for each in row.entered.all())
    values = (
        *(row.handle[:_SHOWN], row.account.username, row.account.name, row.provider or LOCAL),
        *(_utc(row.started_at), _utc(row.expires_at), row.address or "", row.country),
        *(row.client, apps, "; ".join(each.where for each in elsewhere(row.also))),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _harmless(row: dict[str, str]) -> dict[str, str]:
    return {name: value if value == LOCAL else harmless(value) for name, value in row.items()}
