"""`manage.py audit`: proving the record, and handing it out."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway import wiring
from gateway.audit.exported import ExportInvalid, published, verify_file
from gateway.audit.links import verify_database
from gateway.audit.verify import Verification
from gateway.flows.audit import export_record
from gateway.management.explained import ExplainedCommand, one_of

HELP = """\
Every event is sealed into a chain: each link's hash covers its event and the hash before it, so
that an edit, an insertion or a deletion breaks the chain at a place that can be named.

  manage.py audit verify
      walks the chain in the database

  manage.py audit export audit-2026-11.jsonl
      writes all of it with a signed head; keep it, and /.well-known/jwks.json, where nobody who
      can write to this database can write

  manage.py audit verify --file audit-2026-11.jsonl
      checks the file, and that this database still holds all that the file holds: only this tells
      whether somebody cut off the end, or made the whole chain anew

  manage.py audit verify --file audit-2026-11.jsonl --jwks jwks.json
      checks the file alone, with nothing but the published keys: on any machine, without settings,
      keys or a database

Exit status: 0 the record holds; 1 it does not, or could not be read.
"""


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "verify": "find the first place where the record is not what was sealed",
                "export": "write the record with a signed head",
            },
        )
        verbs["verify"].add_argument("--file", type=Path, help="an export")
        verbs["verify"].add_argument(
            "--jwks", type=Path, help="the published keys, to check the file without a database"
        )
        verbs["export"].add_argument("target", type=Path, metavar="FILE")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        try:
            if options["verb"] == "export":
                self._export(options["target"])
            else:
                self._verify(options["file"], options["jwks"])
        except (OSError, ExportInvalid) as error:
            raise CommandError(str(error)) from error

    def _export(self, target: Path) -> None:
        # Names and reasons of people stand in it: for the operator alone, and never over another.
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            count = sum(
                1
                for line in export_record(actor="operator", now=timezone.now())
                if file.write(f"{line}\n")
            )
        self.stdout.write(f"{count - 1} events and their signed head are in {target}.")

    def _verify(self, file: Path | None, jwks: Path | None) -> None:
        if file is None:
            if jwks is not None:
                raise CommandError("--jwks goes with --file: the database has no signed head.")
            self._tell("The database", verify_database())
            return
        ring = wiring.key_ring() if jwks is None else published(jwks)
        with file.open("rb") as opened:
            found, signed = verify_file(opened, ring)
        self._tell(f"The file {file}", found)
        if jwks is None:
            self._tell("The database, from the file's head on,", verify_database(signed))

    def _tell(self, what: str, found: Verification) -> None:
        if found.broken:
            raise CommandError(found.told(what))
        self.stdout.write(found.told(what))
