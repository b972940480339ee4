"""Starting a command: what has to be there before Django can start, told in words."""

import sys
from argparse import ArgumentError, ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from gateway.audit.exported import ExportInvalid, published, verify_file
from gateway.config import keyring
from gateway.config.environment import EnvironmentInvalid, environment
from gateway.config.keyring import KeyRingInvalid


def run(words: Sequence[str]) -> None:
    """Runs one command line. Ends the process with a sentence where configuration is at fault."""
    try:
        if list(words[1:3]) == ["keys", "init"]:
            _make_first_keys()
        if list(words[1:3]) == ["audit", "verify"]:
            _verify_alone(words[3:])
        execute_from_command_line(list(words))
    except (EnvironmentInvalid, KeyRingInvalid, ImproperlyConfigured) as error:
        sys.exit(str(error))


def _verify_alone(words: Sequence[str]) -> None:
    """An export and the published keys are enough: whoever checks them has none of our settings."""
    parser = ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--jwks", type=Path)
    try:
        found, others = parser.parse_known_args(words)
    except ArgumentError:
        return  # the command itself says what is wrong
    if others or found.file is None or found.jwks is None:
        return
    try:
        with found.file.open("rb") as file:
            verification, _ = verify_file(file, published(found.jwks))
    except (OSError, ExportInvalid) as error:
        sys.exit(str(error))
    told = verification.told(f"The file {found.file}")
    if verification.broken:
        sys.exit(told)
    sys.stdout.write(f"{told}\n")
    sys.exit(0)


def _make_first_keys() -> None:
    """Settings read the key ring, so the first one is made before them."""
    found = environment()
    if keyring.ensure(found.key_ring, found.edge_key_ring, datetime.now(UTC)):
        sys.stdout.write(
            f"New keys are in {found.key_ring}, the edge's in {found.edge_key_ring}.\n"
        )
        sys.exit(0)
