"""`manage.py readers`: who reads sessions in Redis, without a proxy in between."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows import readers
from gateway.flows.readers import Handed, ReaderRefused
from gateway.management.explained import ExplainedCommand, one_of

HELP = """\
An app that has no proxy in front can read sessions in Redis itself, with `gatehouse-client`. It
gets a Redis user of its own, which reads records of sessions and writes nothing, and the binding
keys of its own hosts, by which it knows the cookies that the gateway wrote for them.

  manage.py readers add wiki-1 --app wiki > reader.json     the password is shown this once
  manage.py readers keys wiki-1 > keys.json                 after `manage.py keys rotate cookie`
  manage.py readers list
  manage.py readers remove wiki-1

Every record can be read by every reader: see docs/protect-an-app.md, "Without a proxy".
"""
FORGETFUL = """\
This Redis has no file of users (`aclfile`) and forgets them when it starts. Until it has one, put
this line into its configuration, on every server:
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "add": "make a Redis user for one app, and print what the app needs, as JSON",
                "keys": "print the binding keys anew; the password stays as it is",
                "list": "who there is, and for which app",
                "remove": "take the Redis user away; what it has open is cut",
            },
        )
        verbs["add"].add_argument("--app", required=True, metavar="SLUG", help="whose hosts")
        for verb in ("add", "keys", "remove"):
            verbs[verb].add_argument("name", metavar="NAME")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        now = timezone.now()
        try:
            match options["verb"]:
                case "add":
                    self._hand_over(readers.add(options["name"], options["app"], now=now))
                case "keys":
                    self._hand_over(readers.keys(options["name"], now=now))
                case "list":
                    for reader in readers.listed():
                        self.stdout.write(f"{reader.name}\t{reader.app}\t{reader.user}")
                case _:
                    self._remove(options["name"])
        except ReaderRefused as error:
            raise CommandError(str(error)) from error

    def _hand_over(self, handed: Handed) -> None:
        self.stdout.write(json.dumps(handed.document, indent=1))
        if handed.to_keep:
            self.stderr.write(f"{FORGETFUL}\n  {handed.to_keep}")

    def _remove(self, name: str) -> None:
        remembers = readers.remove(name, now=timezone.now())
        self.stdout.write(f"{name} is removed.")
        if not remembers:
            self.stderr.write("Take its line out of Redis's configuration as well, if it has one.")
