"""The binding keys of the app's own host, in the file that `manage.py readers` printed."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

# A changed file is seen within this, and no request pays for more than one look in that time.
LOOK_SECONDS = 1.0


class KeysInFile(Mapping[str, bytes]):
    """By id. While a changed file cannot be read the last good keys stay."""

    def __init__(self, path: Path, origin: str) -> None:
        """Raises OSError, ValueError, KeyError."""
        self._path = path
        self._origin = origin
        self._stamp = self._stat()
        self._looked = time.monotonic()
        self._keys = self._read()

    def __getitem__(self, key_id: str) -> bytes:
        return self._now()[key_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> dict[str, bytes]:
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                stamp = self._stat()
                if stamp != self._stamp:
                    self._keys, self._stamp = self._read(), stamp
        return self._keys

    def _read(self) -> dict[str, bytes]:
        said = json.loads(self._path.read_text())["binding_keys"][self._origin]
        return {key_id: bytes.fromhex(key) for key_id, key in said.items()}

    def _stat(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_mtime_ns, found.st_ino
