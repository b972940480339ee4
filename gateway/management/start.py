"""Starting a command: what has to be there before Django can start, told in words."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from django.core.management import execute_from_command_line

from gateway.config import keyring
from gateway.config.environment import EnvironmentInvalid, environment
from gateway.config.keyring import KeyRingInvalid


def run(words: Sequence[str]) -> None:
    """Runs one command line. Ends the process with a sentence where configuration is at fault."""
    try:
        if list(words[1:3]) == ["keys", "init"]:
            _make_first_keys()
        execute_from_command_line(list(words))
    except (EnvironmentInvalid, KeyRingInvalid) as error:
        sys.exit(str(error))


def _make_first_keys() -> None:
    """Settings read the key ring, so the first one is made before them."""
    found = environment()
    if keyring.ensure(found.key_ring, found.edge_key_ring, datetime.now(UTC)):
        sys.stdout.write(
            f"New keys are in {found.key_ring}, the edge's in {found.edge_key_ring}.\n"
        )
        sys.exit(0)
