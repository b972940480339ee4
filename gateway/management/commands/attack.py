"""`manage.py attack`: the forgeries of the kit, fired at this gateway as it is configured."""

import warnings
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows.attack import Attacked, Report, attack
from gateway.management.explained import ExplainedCommand
from providers.attacks.attack import Outcome
from providers.errors import ProviderError

HELP = """\
Fires forged and hostile messages at the gateway's own configuration, and prints a verdict for each:

  manage.py attack                     all providers that are switched on
  manage.py attack --provider corp     one, also while it is switched off
  manage.py attack --all               also those that were refused, each with the check that did it

  manage.py attack --http              also from outside, at the gateway's own address

It may be run on production: nobody is signed in, nothing is changed, one event goes on record.
With --http strangers' requests are counted, recorded and traced as they always are.

  refused      by the check that guards against it
  ACCEPTED     a hole: report it
  ERROR        no refusal, but a fault: report it
  COSTLY       refused after more than a second of work: report it
  not proven   another check refused it, an honest one was refused too, or something is away

Exit status: 0 all was refused; 1 there is a hole; 2 something was not proven.
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", default="", metavar="SLUG", help="this one alone")
        parser.add_argument("--http", action="store_true", help="also at our own address")
        parser.add_argument("--all", action="store_true", help="print refusals too")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        # The library says what is refused anyway: a key that is too short.
        warnings.filterwarnings("ignore", "Key size should be")
        try:
            report = attack(
                options["provider"],
                actor="operator",
                now=timezone.now(),
                progress=lambda _done, _total: None,
                over_http=options["http"],
            )
        except ProviderError as error:
            raise CommandError(f"Nothing was fired. {error}") from error
        for each in report.attacked:
            self._print(each, refusals=options["all"])
        self.stdout.write(_summary(report))
        if report.status:
            raise SystemExit(report.status)

    def _print(self, attacked: Attacked, *, refusals: bool) -> None:
        self.stdout.write(f"{attacked.provider or 'the gateway'}")
        if attacked.problem:
            self.stdout.write(f"  not proven    nothing was fired: {attacked.problem}")
        for outcome in attacked.outcomes:
            if refusals or outcome.verdict != "refused":
                self.stdout.write(_line(outcome))
        self.stdout.write(f"  {attacked.count('refused')} of {len(attacked.outcomes)} refused")
        for weakness in attacked.weaknesses:
            self.stdout.write(f"  weakened by   {weakness.setting}: {weakness.words}")


def _line(outcome: Outcome) -> str:
    verdict = outcome.verdict.replace("-", " ")
    shown = verdict if outcome.verdict in ("refused", "not-proven") else verdict.upper()
    reason = outcome.check if outcome.verdict == "refused" else outcome.why
    key = "no key" if outcome.keyless else "with key"
    words = f"{outcome.attack} ({key}) {outcome.words}"
    return f"  {shown:<13} {words}: {reason} [{outcome.took_ms:.1f} ms]"


def _summary(report: Report) -> str:
    holes = report.count("accepted", "error", "costly")
    unproven = report.count("not-proven") + sum(bool(each.problem) for each in report.attacked)
    return f"{report.count('refused')} refused, {holes} holes, {unproven} not proven"
