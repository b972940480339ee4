"""`manage.py keys`: the key ring."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.config.keyring import KeyRingInvalid, KeyUse
from gateway.flows import keys
from gateway.flows.keys import KeyEntry, KeyInUse
from gateway.management.explained import ExplainedCommand, one_of

HELP = """\
The key ring holds every key of the gateway, by use and id, in the file that GATEHOUSE_KEY_RING
names. The newest key of a use seals and signs; older ones still open and verify until they are
retired. A new key is made known first and is in use ten minutes later, when every machine and every
app has it: nobody is signed out, and nobody is refused in between. The edge has a file of its own
(GATEHOUSE_EDGE_KEY_RING) with no more than it needs; it is made anew at every change. Running
processes see a changed file within a second.

  manage.py keys init                 make both files, or add the keys that a new release needs
  manage.py keys list                 which keys there are, never the keys themselves
  manage.py keys rotate cookie        a new key for one use, in ten minutes
  manage.py keys rotate cookie --at-once
                                      now: the one before was stolen, or this is the only machine
  manage.py keys retire c26112319f2   take an old key out
  manage.py keys edge                 make the edge's file anew

When may an old key be retired?
Count from the moment when the new key is in use (`keys list` says when).
  cookie, record     when no session from before the rotation lives any more
  assertion          a minute after the rotation: assertions live for 60 seconds
  pending            a quarter of an hour after it
  secrets            after `manage.py secrets rotate`
  identities         after `manage.py secrets rotate`
  audit              any time, but keep /.well-known/jwks.json with the exports that it signed
  django             any time: open forms have to be sent again
"""


class Command(ExplainedCommand):
    help = HELP
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "init": "make both files, or add the keys that a new release needs",
                "list": "show ids and uses, never the keys themselves",
                "rotate": "make a new key for one use",
                "retire": "take an old key out",
                "edge": "make the edge's file anew",
            },
        )
        verbs["rotate"].add_argument("use", choices=[use.value for use in KeyUse])
        verbs["rotate"].add_argument(
            "--at-once",
            action="store_true",
            help="use it now; machines that have not read their file yet refuse what it signs",
        )
        verbs["retire"].add_argument("id", metavar="ID")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        try:
            self.stdout.write(self._done(options["verb"], options))
        except (KeyInUse, KeyRingInvalid) as error:
            raise CommandError(str(error)) from error

    def _done(self, verb: str, options: dict[str, Any]) -> str:
        now = timezone.now()
        match verb:
            case "init":  # without a whole ring Django does not start: manage.py has made it
                return "There is a key ring already, and it lacks nothing."
            case "list":
                return "\n".join(
                    f"{entry.use:<10}{entry.id:<16}{entry.created_at[:19]}{_standing(entry)}"
                    for entry in keys.entries(now)
                )
            case "rotate":
                at_once = options["at_once"]
                key_id = keys.rotate(KeyUse(options["use"]), at_once=at_once, now=now)
                when = "now" if at_once else f"from {now + keys.MADE_KNOWN:%H:%M} UTC on"
                return f"{key_id} is in use {when}; the one before still opens and verifies."
            case "retire":
                keys.retire(options["id"], now=now)
                return f"{options['id']} is taken out."
            case _:
                keys.write_edge_ring()
                return "The edge's key ring is made anew."


def _standing(entry: KeyEntry) -> str:
    if entry.active:
        return "  in use"
    return f"  in use from {entry.used_from:%H:%M} UTC on" if entry.used_from else ""
