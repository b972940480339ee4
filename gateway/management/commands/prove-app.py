"""`manage.py prove-app`: what an app believes of what anybody can send."""  # noqa: N999 -- named as typed

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows.prove import AppUnknown, Proof, Tried, prove
from gateway.management.explained import ExplainedCommand

HELP = """\
Sends a running app what it must not believe, and prints what it believed:

  manage.py prove-app https://wiki.corp.example/            as anybody on the network can
  manage.py prove-app https://wiki.corp.example/ --direct http://10.0.0.5:8011
                                       past its proxy, as whoever is inside can
  manage.py prove-app URL --all        also what it refused
  manage.py prove-app URL --with-control
                                       also an honest assertion, without a role, about an account
                                       that exists nowhere: the app may make one of its own for it

Name a page that asks who somebody is, best one that greets her. All that is sent are GET requests
for that page; one event goes on record.

  BELIEVED     a hole: the app must read the assertion alone, and verify it
  FAULT        a status of 500 or more: the app must refuse what it cannot read
  cannot tell  the page says the same to everybody, or the honest one was not taken
  refused      answered as nobody is

Exit status: 0 it believed nothing; 1 it believed something; 2 something cannot be told.
"""
_CONTROL = {
    "not-tried": "whether it takes an honest one was not tried (--with-control)",
    "taken": "it took an honest one",
    "not-taken": "it did not take an honest one: a proxy in front drops it (--direct goes past it),"
    " or the app does not read the assertion",
}


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", metavar="URL", help="a page of an app that is switched on")
        parser.add_argument("--direct", default="", metavar="ADDRESS", help="where it really is")
        parser.add_argument("--with-control", action="store_true", help="try an honest one as well")
        parser.add_argument("--all", action="store_true", help="print refusals too")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        try:
            proof = prove(
                options["url"],
                direct=options["direct"],
                honest=options["with_control"],
                actor="operator",
                now=timezone.now(),
            )
        except AppUnknown as error:
            raise CommandError(f"Nothing was sent. {error}") from error
        self.stdout.write(f"{proof.app} at {proof.url}{' past its proxy' if proof.direct else ''}")
        for each in proof.tried:
            if options["all"] or each.verdict != "refused":
                self.stdout.write(_line(each))
        self.stdout.write(_summary(proof))
        if proof.status:
            raise SystemExit(proof.status)


def _line(each: Tried) -> str:
    shown = each.verdict.replace("-", " ")
    shown = shown if each.verdict in ("refused", "cannot-tell") else shown.upper()
    return f"  {shown:<13} {each.name} {each.words}: {each.why}"


def _summary(proof: Proof) -> str:
    if proof.problem:
        return f"  cannot tell   nothing was tried: {proof.problem}"
    believed, unclear = proof.count("believed", "fault"), proof.count("cannot-tell")
    counted = f"{proof.count('refused')} refused, {believed} holes, {unclear} cannot be told"
    return f"  {_CONTROL[proof.honest]}\n{counted}"
