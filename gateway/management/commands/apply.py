"""`manage.py apply`: configuration from files."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows.apply import apply, difference
from gateway.flows.apply_source import ConfigurationInvalid
from gateway.flows.mapping.consequences import Confirmed
from gateway.management.explained import ExplainedCommand

DIFFERENT = 2
OPERATOR = "operator"

HELP = """\
Makes providers, roles, rules and relying parties as the files say: all of it or, if anything is
wrong, nothing. Every fault is told with file, line, field and what to write. A second run changes
nothing.

  providers:
    - slug: corp-oidc
      name: Corp
      protocol: oidc                    # or saml
      dialect: keycloak                 # okta, auth0, entra, google, plain
      settings: {issuer: "https://id.corp.example/realms/corp", client_id: gatehouse}
      secrets: {client_secret: "env:CORP_SECRET"}      # or file:path, never the secret itself
  roles:
    - {name: deployer, label: Deployer, whom_to_ask: platform@corp.example}
  rules:
    - {id: deployers, roles: [deployer], when: {claim: groups, glob: "/engineering/*"}}
  relying_parties:
    - slug: wiki
      name: Wiki
      origins: ["https://wiki.corp.example"]
      access: [{path: /, roles: []}, {path: /deploy, roles: [deployer]}]
      shares: [name, email, roles]

What the files do not name stays as it is; `enabled: false` switches something off. Where a file has
the section `rules` (or `exclusive_roles`, `default_roles`), what all files together say there is
all of it. ${GATEHOUSE_NAME} in a text is replaced by that variable of the environment; for ${...}
itself write $${...}.

Where the rules would change, --check says as well what that would do: how many people lose and gain
each role, which apps open or shut for how many, rules that hold of nobody; nobody by name.

A line with ! warns of what follows: people whom an app would shut out.

Exit status: 0 done, or no difference; 1 a fault, nothing applied; 2 a difference (--check).
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--check", action="store_true", help="print what would change and change nothing"
        )
        parser.add_argument(
            "--confirm-losses",
            type=int,
            metavar="N",
            help="so many people may lose a role, as the refusal said; needed where these are "
            "more than GATEHOUSE_ROLE_LOSS_PEOPLE or GATEHOUSE_ROLE_LOSS_PERCENT",
        )

        parser.add_argument(
            "--confirm-console-lost",
            action="store_true",
            help="nobody may be able to open the console any more, but by admin-link",
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        verb = difference if options["check"] else apply
        try:
            words = verb(
                options["files"],
                variables=os.environ,
                actor=OPERATOR,
                now=timezone.now(),
                confirmed=Confirmed(
                    losing=options["confirm_losses"],
                    name=OPERATOR if options["confirm_console_lost"] else "",
                ),
            )
        except ConfigurationInvalid as error:
            raise CommandError(f"Nothing was applied.\n{error}") from error
        self.stdout.write("\n".join(words) if words else "Nothing to change.")
        if words and options["check"]:
            raise SystemExit(DIFFERENT)
