"""`manage.py service-accounts`: programs with an account of their own."""  # noqa: N999 -- as typed

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.api_tokens.models import ApiToken, Scope
from gateway.flows import api_tokens, service_accounts
from gateway.flows.api_tokens import DAYS, MAX_DAYS, WantedToken
from gateway.flows.inbox import Source
from gateway.flows.service_accounts import WantedService
from gateway.management.explained import ExplainedCommand, one_of
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.sessions.session import SessionStoreUnavailable
from provisioning.errors import ProvisioningError
from provisioning.models import ServiceAccount

ACTOR = "operator"
HELP = f"""\
A service account is a program's: nobody signs in to it, a person answers for it, and it has the
roles that were given to it by hand. Its tokens open apps, on paths that say `programs: true`, and
the API for the scopes that they name. Two may live at once, so that one can take the other's place.

  manage.py service-accounts create importer --name "Nightly import" --owner dora
  manage.py service-accounts token importer --name 2026-12 --app wiki
  manage.py service-accounts token importer --name api --scope {Scope.PROVIDERS_READ}
  manage.py service-accounts hand-over importer --owner ben
  manage.py service-accounts close importer
  manage.py service-accounts list

Tokens are listed and revoked by `manage.py api-tokens`.
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "create": "make one",
                "token": "make a token for one and print it",
                "hand-over": "say who answers for it from now on",
                "close": "close it for good: its tokens end at once",
                "list": "all of them, who answers for each, and its living tokens",
            },
        )
        for name in ("create", "token", "hand-over", "close"):
            verbs[name].add_argument("username", metavar="USERNAME")
        verbs["create"].add_argument("--name", required=True, help="as apps and lists show it")
        for name in ("create", "hand-over"):
            verbs[name].add_argument("--owner", required=True, help="username of a person")
            verbs[name].add_argument("--contact", default="", help="whom else to ask about it")
        token = verbs["token"]
        token.add_argument("--name", required=True, help="where it is used")
        token.add_argument("--app", action="append", default=[], metavar="SLUG")
        token.add_argument("--scope", action="append", default=[], choices=Scope.values)
        token.add_argument(
            "--days", type=int, default=DAYS, help=f"until it ends; {DAYS}, at most {MAX_DAYS}"
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        verbs = {
            "create": self._create,
            "token": self._token,
            "hand-over": self._hand_over,
            "close": self._close,
            "list": self._list,
        }
        with _told():
            verbs[options["verb"]](options)

    def _create(self, options: dict[str, Any]) -> None:
        wanted = WantedService(
            username=options["username"],
            name=options["name"],
            owner=options["owner"],
            contact=options["contact"],
        )
        service_accounts.make(wanted, actor=ACTOR, now=timezone.now())
        self.stdout.write("Made. Give it roles by hand, then a token.")

    def _token(self, options: dict[str, Any]) -> None:
        wanted = WantedToken(
            name=options["name"],
            scopes=options["scope"],
            apps=options["app"],
            days=options["days"],
        )
        made = api_tokens.make_for_service(
            account=_account(options), wanted=wanted, actor=ACTOR, now=timezone.now()
        )
        self.stdout.write(made.text)

    def _hand_over(self, options: dict[str, Any]) -> None:
        service_accounts.hand_over(
            _account(options),
            owner=options["owner"],
            contact=options["contact"],
            actor=ACTOR,
            now=timezone.now(),
        )
        self.stdout.write(f"{options['owner']} answers for it.")

    def _close(self, options: dict[str, Any]) -> None:
        service_accounts.close(
            _account(options), source=Source.COMMAND, actor=ACTOR, now=timezone.now()
        )
        self.stdout.write("Closed; its tokens have ended.")

    def _list(self, _options: dict[str, Any]) -> None:
        now = timezone.now()
        for row in ServiceAccount.objects.select_related("account", "owner"):
            living = ApiToken.living(now).filter(account=row.account)
            owner = row.owner.username if row.owner is not None else ""
            answers = f"nobody answers for it ({owner})" if row.is_orphaned else owner
            state = "open" if row.account.is_active else "closed"
            names = ",".join(living.values_list("name", flat=True)) or "no token"
            words = (row.account.username, row.account.name, state, answers, row.contact, names)
            self.stdout.write("\t".join(words))


def _account(options: dict[str, Any]) -> str:
    row = ServiceAccount.objects.filter(account__username=options["username"]).first()
    if row is None:
        raise CommandError(f"There is no service account {options['username']}.")
    return str(row.account_id)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (DefinitionInvalid, ProvisioningError) as error:
        raise CommandError(f"Nothing was changed: {error}") from error
    except SessionStoreUnavailable as error:
        raise CommandError("Redis does not answer; nothing was changed. Try again.") from error
