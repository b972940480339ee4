"""`manage.py rules`: the versions of the rules, read from the command line."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from gateway.flows.apply_write import rules_file
from gateway.management.explained import ExplainedCommand, one_of
from mapping import models as mapping_models
from mapping.differences import FieldDifference, differences
from mapping.errors import RuleSetUnknown
from mapping.models import RuleSetVersion

HELP = """\
The versions of the rules. A version never changes; a change, and a step back, is the next one.

  manage.py rules list                          each version: when, by whom, and what was said of it
  manage.py rules compare 3 5                   what version 5 says otherwise than version 3
  manage.py rules export                        the rules in force, as a file for `apply`
  manage.py rules export --version 3 > old.yaml

`manage.py apply old.yaml --check` then shows what going back to version 3 would change, and
`manage.py apply old.yaml` publishes it as the next version. The file has the sections rules,
exclusive_roles and default_roles and nothing else: roles and providers stay as they are, and a role
that a rule names has to be there.

In the console rules are changed by drafts, which a second person can approve; see
docs/map-roles.md, "Change rules safely".
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "list": "each version: when, by whom, and what was said of it",
                "compare": "what one version says otherwise than another",
                "export": "a version as a file for `manage.py apply`; the one in force by default",
            },
        )
        verbs["compare"].add_argument("before", type=int, metavar="VERSION")
        verbs["compare"].add_argument("after", type=int, metavar="VERSION")
        verbs["export"].add_argument("--version", type=int, metavar="N", dest="number")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        try:
            getattr(self, f"_{options['verb']}")(**options)
        except RuleSetUnknown as error:
            raise CommandError(
                f"There is no version {error}; see `manage.py rules list`."
            ) from None

    def _list(self, **_options: object) -> None:
        for row in RuleSetVersion.objects.order_by("-version"):
            at = f"{row.published_at:%Y-%m-%dT%H:%MZ}"
            approved = f"approved by {row.approved_by}" if row.approved_by else ""
            back = f"back to {row.rolls_back_to}" if row.rolls_back_to else ""
            said = (str(row.version), at, row.published_by, approved, back, row.comment)
            self.stdout.write("\t".join(said))

    def _compare(self, before: int, after: int, **_options: object) -> None:
        found = differences(mapping_models.at_version(before), mapping_models.at_version(after))
        sign = {"gained": "+", "edited": "~", "lost": "-"}
        for each in found:
            self.stdout.write(f"{sign[each.kind]} {each.name}")
            for field in each.fields:
                self.stdout.write(f"    {_words(field)}")
        if not found:
            self.stdout.write("They say the same.")

    def _export(self, number: int | None, **_options: object) -> None:
        rules = mapping_models.active() if number is None else mapping_models.at_version(number)
        self.stdout.write(rules_file(rules), ending="")


def _words(field: FieldDifference) -> str:
    name = f"{field.field}: " if field.field else ""
    if field.before is None:
        return f"{name}{_plain(field.after)}"
    return f"{name}{_plain(field.before)} -> {_plain(field.after)}"


def _plain(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
