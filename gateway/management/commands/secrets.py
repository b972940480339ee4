"""`manage.py secrets`: the providers' secrets in the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows import keys
from gateway.management.explained import ExplainedCommand, one_of
from gateway.tokens.seal import SealBroken
from providers.errors import ProviderMisconfigured

HELP = """\
Seals the providers' secrets, what they last said of people, and second factors under the newest
keys. To change the key:

  manage.py keys rotate secrets       make the new key; on several machines, bring it to all of them
  manage.py keys rotate identities    that of what is kept of people
  manage.py secrets rotate            seal everything under them
  manage.py keys retire ID            take an old one out
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        one_of(parser, {"rotate": "seal everything under the newest keys"})

    def handle(self, *_args: object, **_options: Any) -> None:  # noqa: ANN401
        try:
            count = keys.rotate_secrets(now=timezone.now())
        except (ProviderMisconfigured, SealBroken) as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        self.stdout.write(f"{count} secrets sealed anew under the newest key.")
