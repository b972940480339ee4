"""`manage.py break-glass`: accounts for when no provider answers."""  # noqa: N999 -- named as typed

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.break_glass.models import BreakGlass
from gateway.flows import break_glass
from gateway.flows.errors import NotPermitted
from gateway.management.explained import ExplainedCommand, one_of
from gateway.sessions.session import SessionStoreUnavailable
from provisioning.errors import NotAdmitted

HOURS = int(break_glass.LINK_LIFETIME.total_seconds() // 3600)
HELP = f"""\
A break-glass account signs in under /local/ with a password and a second factor, and may open the
console: for the day on which no provider can be reached. Its session lasts an hour; each use is on
record, told by mail, and stands on the console's overview. GATEHOUSE_BREAK_GLASS=1 lets it in.

  manage.py break-glass create dora@corp.example   a link to set both, once, within {HOURS} hour;
                                                   again for a new password and factor
  manage.py break-glass list
  manage.py break-glass close dora@corp.example    at once, with its sessions
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "create": "make an account and print its set-up link",
                "list": "all of them, and whether they can be used",
                "close": "close one, and end its sessions",
            },
        )
        for verb in ("create", "close"):
            verbs[verb].add_argument("email", metavar="EMAIL")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        match options["verb"]:
            case "create":
                self._create(options["email"])
            case "list":
                self._list()
            case _:
                self._close(options["email"])

    def _create(self, email: str) -> None:
        try:
            link = break_glass.make(email, actor="operator", now=timezone.now())
        except (NotPermitted, NotAdmitted, SessionStoreUnavailable) as error:
            raise CommandError(f"No link was made: {error}") from error
        self.stdout.write(link)

    def _list(self) -> None:
        now = timezone.now()
        for row in BreakGlass.objects.select_related("account"):
            used = f"{row.account.last_login:%Y-%m-%d}" if row.account.last_login else "never"
            words = (row.account.email, row.account.username, _state(row, now), f"last used {used}")
            self.stdout.write("\t".join(words))

    def _close(self, email: str) -> None:
        found = BreakGlass.objects.filter(account__email=email.lower(), account__is_active=True)
        row = found.first()
        if row is None:
            raise CommandError(f"No open break-glass account has the address {email}.")
        try:
            ended = break_glass.close(str(row.account_id), actor="operator", now=timezone.now())
        except SessionStoreUnavailable as error:
            raise CommandError(f"Nothing was changed: {error}") from error
        self.stdout.write(f"Closed; {ended} sessions ended.")


def _state(row: BreakGlass, now: Any) -> str:  # noqa: ANN401
    if not row.account.is_active:
        return "closed"
    if row.set_up_at is not None:
        return f"set up {row.set_up_at:%Y-%m-%d}"
    return "link not used yet" if row.link_works(now) else "link too old; make another"
