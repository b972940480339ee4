"""`manage.py people`: what is kept of one person, handed out or erased."""

import uuid
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows import personal_data
from gateway.flows.errors import LastWayIn
from gateway.management.explained import ExplainedCommand, one_of
from gateway.sessions.session import SessionStoreUnavailable
from provisioning.models import Account, Source

HELP = """\
What is kept of one person, by username or account id:

  manage.py people export ada > ada.json
  manage.py people erase ada
  manage.py people erase ada --confirm ada

`export` writes one JSON document. `erase` first says what goes; with the username again it closes
the account, ends its sessions, and keeps nothing of the person but a row without a name. It cannot
be undone. If her provider or a directory still has her, she comes back as somebody new.
"""
OPERATOR = "operator"


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {"export": "all that is kept of her, as JSON", "erase": "make nobody of the account"},
        )
        for verb in verbs.values():
            verb.add_argument("person", metavar="PERSON", help="username or account id")
        verbs["erase"].add_argument("--confirm", metavar="USERNAME", help="do it")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        account = _person(options["person"])
        try:
            if options["verb"] == "export":
                document = personal_data.export(
                    account=str(account.pk), actor=OPERATOR, now=timezone.now()
                )
                self.stdout.write(document)
            else:
                self._erase(account, options["confirm"])
        except SessionStoreUnavailable as error:
            raise CommandError("Redis does not answer; nothing was erased.") from error
        except LastWayIn as error:
            raise CommandError("She is the last administrator; make another one first.") from error

    def _erase(self, account: Account, confirmed: str | None) -> None:
        if confirmed is None:
            found = personal_data.consequence(account)
            self.stdout.write(
                f"{account.username}: {found.browsers} browsers are signed out;"
                f" {found.identities} identities, {len(found.roles)} roles,"
                f" {found.attributes} attributes, {found.sign_ins} sign-ins and"
                f" {found.tokens} API tokens go. Do it with --confirm {account.username}"
            )
            return
        if confirmed != account.username:
            raise CommandError(f"--confirm is not {account.username}; nothing was erased.")
        erased = personal_data.erase(
            account=str(account.pk), actor=OPERATOR, source=Source.COMMAND, now=timezone.now()
        )
        self.stdout.write("Erased." if erased else "There was nobody left to erase.")


def _person(name: str) -> Account:
    found = Account.objects.filter(username=name).first()
    with suppress(ValueError):  # it is no id
        found = found or Account.objects.filter(pk=uuid.UUID(name)).first()
    if found is None:
        raise CommandError(f"Nobody is called {name}.")
    return found
