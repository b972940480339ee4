"""A command whose help keeps its lines, so that it can show examples."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand


class ExplainedCommand(BaseCommand):
    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> Any:  # noqa: ANN401 -- Django's own signature
        return super().create_parser(
            prog_name, subcommand, **(options | {"formatter_class": RawDescriptionHelpFormatter})
        )


def one_of(parser: ArgumentParser, verbs: dict[str, str]) -> dict[str, ArgumentParser]:
    """A sub-command for each verb, with the sentence that explains it."""
    actions = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    return {
        verb: actions.add_parser(
            verb, help=words, description=words, formatter_class=RawDescriptionHelpFormatter
        )
        for verb, words in verbs.items()
    }
