"""`manage.py api-tokens`: tokens for programs that use the API."""  # noqa: N999 -- named as typed

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.api_tokens.models import ApiToken, Scope
from gateway.flows import api_tokens
from gateway.flows.api_tokens import DAYS, MAX_DAYS
from gateway.flows.errors import TokenUnknown
from gateway.management.explained import ExplainedCommand, one_of
from gateway.relying_parties.definition import DefinitionInvalid
from provisioning.models import Account

HELP = f"""\
A token is for one program. It acts in the name of an account that the console lets in, and may
never do more than this account may at that moment: when the account is closed or loses its roles,
the token stops. It is printed once; the database has its SHA-256 alone.

  manage.py api-tokens create dora --name terraform --scope {Scope.PROVIDERS_WRITE}
  manage.py api-tokens list
  manage.py api-tokens revoke 7
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "create": "make a token and print it",
                "list": "all of them, the newest first, and whether they live",
                "revoke": "end one at once",
            },
        )
        create = verbs["create"]
        create.add_argument("username", metavar="USERNAME")
        create.add_argument("--name", required=True, help="where it is used")
        create.add_argument("--scope", required=True, action="append", choices=Scope.values)
        create.add_argument(
            "--days", type=int, default=DAYS, help=f"until it ends; {DAYS}, at most {MAX_DAYS}"
        )
        verbs["revoke"].add_argument("token", type=int, metavar="NUMBER")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        match options["verb"]:
            case "create":
                self._create(options)
            case "list":
                self._list()
            case _:
                self._revoke(options["token"])

    def _create(self, options: dict[str, Any]) -> None:
        account = Account.objects.filter(username=options["username"]).first()
        if account is None:
            raise CommandError(f"Nobody has the username {options['username']}.")
        try:
            made = api_tokens.make(
                account=str(account.pk),
                name=options["name"],
                scopes=options["scope"],
                days=options["days"],
                actor="operator",
                now=timezone.now(),
            )
        except DefinitionInvalid as error:
            raise CommandError(f"No token was made: {error}") from error
        self.stdout.write(made.text)

    def _list(self) -> None:
        now = timezone.now()
        for row in ApiToken.objects.select_related("account"):
            used = f"{row.last_used_at:%Y-%m-%d}" if row.last_used_at else "never"
            ends = "ended" if row.ended(now) else f"until {row.expires_at:%Y-%m-%d}"
            scopes = ",".join(row.scopes)
            words = (row.pk, row.account.username, row.name, scopes, ends, f"last used {used}")
            self.stdout.write("\t".join(map(str, words)))

    def _revoke(self, token: int) -> None:
        try:
            alive = api_tokens.revoke(token, actor="operator", now=timezone.now())
        except TokenUnknown as error:
            raise CommandError(f"Nothing was changed: {error}") from error
        self.stdout.write("Revoked." if alive else "It was revoked already.")
