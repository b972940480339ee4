"""`manage.py accounts`: ends what somebody has, closes her account, reopens it, says how it is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway import wiring
from gateway.departures.models import Departure
from gateway.flows import inbox
from gateway.flows.inbox import Act, News, Source
from gateway.management.explained import ExplainedCommand, one_of
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.why import MAX_WORDS
from provisioning.models import Account

HELP = """\
For the afternoon on which somebody is let go, and for the day on which she is back:

  manage.py accounts show ada
  manage.py accounts close ada --reason "Left the company"
  manage.py accounts end ada --reason "Lost laptop" --words "Call 4711 before you sign in again"
  manage.py accounts reopen ada --reason "Is back from leave"

`close` ends her sessions here and in every app at once, revokes her API tokens, takes her roles off
and lets her in no more. `end` ends her sessions alone; whoever can still sign in may do so again.
`reopen` takes back whatever anybody said, an administrator, SCIM or a directory; what ended stays
ended, and her roles come back when she signs in. Doing any of them twice changes nothing more. The
reason stands in the record, the words are read by herself. If Redis does not answer, nothing has
happened: do the same again.
"""
_BY = "operator"


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "show": "whether it is open, who says that it is closed, what ended last",
                "end": "end all sessions; the account stays open",
                "close": "end everything, and let her in no more",
                "reopen": "let her in again, whoever closed it",
            },
        )
        for name, verb in verbs.items():
            verb.add_argument("person", help="username, e-mail address or id of the account")
            if name != "show":
                verb.add_argument("--reason", required=True, help="for the record")
        for name in ("end", "close"):
            verbs[name].add_argument("--words", default="", help="read by herself")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        account = _account(options["person"])
        try:
            match options["verb"]:
                case "show":
                    self._show(account)
                case "reopen":
                    self._reopen(account, options["reason"])
                case verb:
                    act = Act.CLOSE if verb == "close" else Act.END_SESSIONS
                    self._take(account, act, options["reason"], options["words"])
        except SessionStoreUnavailable as error:
            raise CommandError("Redis does not answer. Nothing has happened; try again.") from error

    def _take(self, account: Account, act: Act, reason: str, words: str) -> None:
        if len(words) > MAX_WORDS:
            raise CommandError(f"--words has more than {MAX_WORDS} letters.")
        news = News(
            account=str(account.pk),
            act=act,
            source=Source.COMMAND,
            by=_BY,
            cause=reason,
            at=timezone.now(),
            words=words,
        )
        outcome = inbox.take(news)
        if act is Act.CLOSE:
            self.stdout.write(
                f"{account.username} is closed{'.' if outcome.closed else ' already.'}"
            )
        self.stdout.write(f"Sessions that ended: {outcome.sessions}.")

    def _reopen(self, account: Account, reason: str) -> None:
        opened = inbox.reopen(
            account=str(account.pk),
            source=Source.COMMAND,
            by=_BY,
            cause=reason,
            at=timezone.now(),
        )
        words = "is open; her roles come back when she signs in." if opened else "was open already."
        self.stdout.write(f"{account.username} {words}")

    def _show(self, account: Account) -> None:
        sessions = wiring.session_store().count_of_account(str(account.pk))
        state = "open" if account.is_active else "closed"
        self.stdout.write(f"{account.username}\t{state}\t{sessions} sessions\t{account.pk}")
        for closure in account.closures.all():
            by = f" ({closure.by})" if closure.by else ""
            since = f"{closure.since:%Y-%m-%d %H:%M} UTC"
            verb = "to be closed (held)" if closure.held else "closed"
            self.stdout.write(f"{verb} by {closure.source}{by} since {since}: {closure.cause}")
        last = Departure.objects.filter(account=account).first()
        if last is not None:
            at = f"{last.at:%Y-%m-%d %H:%M} UTC"
            ended = f"{last.sessions} sessions ended {at} by {last.source}: {last.cause}"
            self.stdout.write(ended)


def _account(person: str) -> Account:
    """By username, else by id, else by an address that one person alone has."""
    found = Account.objects.filter(username=person).first()
    if found is None:
        found = Account.objects.acting(person)
    if found is not None:
        return found
    rows = (
        list(Account.objects.filter(email__iexact=person).order_by("username")[:10])
        if person
        else []
    )
    if len(rows) > 1:
        names = ", ".join(row.username for row in rows)
        raise CommandError(f"Several people have the address {person}: {names}. Name one of them.")
    if not rows:
        raise CommandError(f"Nobody is called {person}; `manage.py sessions list` names people.")
    return rows[0]
