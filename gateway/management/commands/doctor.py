"""`manage.py doctor`: how everything is, and what to do."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from typing import Any

from django.core.checks import ERROR, run_checks
from django.utils import timezone

from gateway.flows.ask_providers import ask_providers
from gateway.flows.examine import Finding, Verdict, examine
from gateway.management.explained import ExplainedCommand

HELP = """\
Looks over everything and says of each part how it is, why, and what to do. Changes nothing.

  manage.py doctor                              configuration, database, Redis, worker, what waits,
                                                providers' rows, apps that shut people out
                                                for want of an age, readers of apps that are
                                                off, and what ends within 90 days
  manage.py doctor --online                     also asks every enabled provider, for a minute at
                                                most: does it answer, do the clocks agree
  manage.py doctor --online --provider SLUG     asks that one
  manage.py doctor --json                       {"verdict": ..., "findings": [{"area", "verdict",
                                                "says", "remedy"}]}, for machines

  ok      nothing to do
  warn    somebody should look at it some time; people sign in meanwhile
  bad     somebody cannot sign in, or soon will not, or somebody may who should not

Exit status: 0 all is ok; 1 something is to be looked at; 2 something is bad.
"""
_STATUS = {Verdict.OK: 0, Verdict.WARN: 1, Verdict.BAD: 2}


class Command(ExplainedCommand):
    help = HELP
    requires_system_checks: list[str] = []  # it makes them itself, and goes on after a fault

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--online", action="store_true", help="ask the providers, too")
        parser.add_argument(
            "--provider", default="", metavar="SLUG", help="with --online: this one"
        )
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        online = ask_providers(options["provider"]) if options["online"] else ()
        found = chain(_configuration(), examine(now=timezone.now()), online)
        count: Counter[Verdict] = Counter()
        kept: list[Finding] = []
        for finding in found:
            count[finding.verdict] += 1
            if options["json"]:
                kept.append(finding)
            else:  # as it is found: providers take their time
                self.stdout.write(_line(finding))
        worst = max(count, key=_STATUS.__getitem__)
        if options["json"]:
            told = {"verdict": worst, "findings": [asdict(finding) for finding in kept]}
            self.stdout.write(json.dumps(told, indent=1))
        else:
            self.stdout.write(", ".join(f"{count[verdict]} {verdict}" for verdict in Verdict))
        if _STATUS[worst]:
            raise SystemExit(_STATUS[worst])


def _configuration() -> Iterator[Finding]:
    """What `manage.py check --deploy` says."""
    heard = [m for m in run_checks(include_deployment_checks=True) if not m.is_silenced()]
    for message in heard:
        verdict = Verdict.BAD if message.level >= ERROR else Verdict.WARN
        says = f"{message.msg} ({message.id})"
        yield Finding(area="configuration", verdict=verdict, says=says, remedy=message.hint or "")
    if not heard:
        yield Finding(area="configuration", verdict=Verdict.OK, says="Nothing is weak.")


def _line(finding: Finding) -> str:
    told = f"{finding.verdict:<6}{finding.area:<15}{finding.says}"
    return f"{told}\n{'':21}-> {finding.remedy}" if finding.remedy else told
