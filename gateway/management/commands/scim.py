"""`manage.py scim`: connections by which providers push people and groups, and their tokens."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway import wiring
from gateway.flows.errors import LastWayIn, TokenUnknown
from gateway.flows.scim import connections, disconnecting, tokens
from gateway.flows.scim.tokens import AT_ONCE, DAYS, MAX_DAYS
from gateway.management.explained import ExplainedCommand, one_of
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.sessions.session import SessionStoreUnavailable
from provisioning.scim.models import ScimConnection, ScimToken

HELP = f"""\
A connection is one provider's way to push its people and groups here by SCIM 2.0. It sees its own
alone. Its token is printed once; the database has its SHA-256 alone. {AT_ONCE} tokens may live at
once, so that one can be turned over.

  manage.py scim connect okta --provider okta-emea --name "Okta EMEA"
  manage.py scim token okta
  manage.py scim list
  manage.py scim revoke 7
  manage.py scim disconnect okta
  manage.py scim disconnect okta --confirm okta

`disconnect` first says what goes; with the connection again it happens. Accounts stay as they are.
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "connect": "make a connection and print its address",
                "token": "make a token of a connection and print it",
                "list": "all connections, and their tokens",
                "revoke": "end one token at once",
                "disconnect": "let a connection go, and what rested on it",
            },
        )
        connect = verbs["connect"]
        connect.add_argument("connection", metavar="SLUG")
        connect.add_argument("--provider", required=True, help="the slug of whose people they are")
        connect.add_argument("--name", required=True, help="for people to read")
        connect.add_argument(
            "--external-id-is-subject",
            action="store_true",
            help="what it sends as externalId is the subject that the provider signs in",
        )
        token = verbs["token"]
        token.add_argument("connection", metavar="SLUG")
        token.add_argument(
            "--days", type=int, default=DAYS, help=f"until it ends; {DAYS}, at most {MAX_DAYS}"
        )
        verbs["revoke"].add_argument("token", type=int, metavar="NUMBER")
        disconnect = verbs["disconnect"]
        disconnect.add_argument("connection", metavar="SLUG")
        disconnect.add_argument("--confirm", metavar="SLUG", help="do it")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        try:
            match options["verb"]:
                case "connect":
                    self._connect(options)
                case "token":
                    self._token(options)
                case "list":
                    self._list()
                case "disconnect":
                    self._disconnect(options["connection"], options["confirm"])
                case _:
                    self._revoke(options["token"])
        except (DefinitionInvalid, TokenUnknown) as error:
            raise CommandError(f"Nothing was changed: {error}") from error
        except LastWayIn as error:
            raise CommandError(f"Only its tokens were revoked: {error}") from error
        except SessionStoreUnavailable as error:
            raise CommandError("Redis does not answer; ask again for the rest.") from error

    def _connect(self, options: dict[str, Any]) -> None:
        made = connections.make(
            slug=options["connection"],
            name=options["name"],
            provider=options["provider"],
            external_id_is_subject=options["external_id_is_subject"],
            actor="operator",
            now=timezone.now(),
        )
        self.stdout.write(f"{wiring.config().base_url}/scim/v2/{made.slug}")

    def _token(self, options: dict[str, Any]) -> None:
        made = tokens.make(
            connection=options["connection"],
            days=options["days"],
            actor="operator",
            now=timezone.now(),
        )
        self.stdout.write(made.text)

    def _list(self) -> None:
        for row in ScimConnection.objects.select_related("provider").prefetch_related("tokens"):
            people = row.users.filter(deleted_at=None).count()
            words = (row.slug, row.provider.slug, row.name, f"{people} people")
            self.stdout.write("\t".join(words))
            for token in row.tokens.all():
                self.stdout.write(self._line(token))

    def _line(self, token: ScimToken) -> str:
        used = f"{token.last_used_at:%Y-%m-%d}" if token.last_used_at else "never"
        ends = "ended" if token.ended(timezone.now()) else f"until {token.expires_at:%Y-%m-%d}"
        return "\t".join(("", f"token {token.pk}", ends, f"last used {used}"))

    def _revoke(self, token: int) -> None:
        alive = tokens.revoke(token, actor="operator", now=timezone.now())
        self.stdout.write("Revoked." if alive else "It was revoked already.")

    def _disconnect(self, slug: str, confirmed: str | None) -> None:
        row = ScimConnection.objects.select_related("provider").filter(slug=slug).first()
        if row is None:
            raise CommandError(f"Nothing was changed: no SCIM connection {slug}")
        now = timezone.now()
        if confirmed is None:
            found = disconnecting.consequence(row, now=now)
            self.stdout.write(
                f"{slug} tells of {found.people} people and {found.groups} groups;"
                f" {found.holders} people lose {', '.join(found.roles) or 'no role'},"
                f" {found.tokens} tokens end, accounts stay. Do it with --confirm {slug}"
            )
            return
        if confirmed != slug:
            raise CommandError(f"--confirm is not {slug}; nothing was changed.")
        lost = disconnecting.disconnect(row, actor="operator", now=now)
        self.stdout.write(f"{slug} is forgotten, {lost} roles were lost. Accounts stay.")
