"""`manage.py admin-link`: the first administrator's way in."""  # noqa: N999 -- named as typed

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows.errors import NotPermitted
from gateway.flows.local import LINK_LIFETIME, make_admin_link
from gateway.management.explained import ExplainedCommand
from providers.errors import SharedCacheUnavailable

MINUTES = int(LINK_LIFETIME.total_seconds() // 60)
HELP = f"""\
Prints a link that opens the console once, within {MINUTES} minutes, for a local account with this
e-mail address; the account is made if there is none. It holds the role that GATEHOUSE_STAFF_ROLE
names. For the first administrator, before a provider is connected, and for when the provider is
away. Making and using a link are both on record. There is no password that could be guessed.

  manage.py admin-link dora@corp.example
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        try:
            self.stdout.write(make_admin_link(email=options["email"], now=timezone.now()))
        except (NotPermitted, SharedCacheUnavailable) as error:
            raise CommandError(f"No link was made: {error}") from error
