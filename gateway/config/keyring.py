"""The key ring: every key of the gateway, by use and id, in one file that can rotate.

The file is JSON, mode 0600: `{"version": 1, "keys": [{"use", "id", "created_at", "key" | "jwk"}]}`.
The newest key of a use is the active one: it seals and signs. Older ones open and verify until
`keys retire` takes them out. A key may have `used_from`: until then it opens and verifies only, so
that every machine and every app has it before anybody signs with it. The edge gets a ring of its
own (`KeyRing.for_edge`): the cookie keys, the assertion keys, and of the record keys the public
half alone.
"""

import base64
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, TypeVar

from joserfc.jwk import ECKey

# How old an answer about the file may be: a rotation reaches every process within this, and no
# request pays for more than one `stat` in that time.
RELOAD_SECONDS = 1.0


_Key = TypeVar("_Key")


class KeyRingInvalid(Exception):
    """The file is missing, unreadable or lacks a key. The text says which and how to mend it."""

    code: ClassVar[str] = "config.key-ring-invalid"


class KeyUse(StrEnum):
    DJANGO = "django"  # SECRET_KEY: CSRF and messages, nothing that outlives a deployment
    COOKIE = "cookie"  # master of the host-bound cookies and of entry seals
    PENDING = "pending"  # pending logins, private notes beside a session
    SECRETS = "secrets"  # providers' secrets in the database
    IDENTITIES = "identities"  # what providers last said of people, in the database
    RECORD = "record"  # ES256: session records and published routes
    ASSERTION = "assertion"  # ES256: what apps verify; the only signing key that the edge holds
    AUDIT = "audit"  # ES256: the head of the audit chain
    EVENT = "event"  # ES256: what apps are told of their people


SIGNING_USES = frozenset({KeyUse.RECORD, KeyUse.ASSERTION, KeyUse.AUDIT, KeyUse.EVENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class SymmetricKey:
    id: str
    value: bytes = field(repr=False)  # 32 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Keys by use, newest first."""

    symmetric: Mapping[KeyUse, tuple[SymmetricKey, ...]] = field(repr=False)
    signing: Mapping[KeyUse, tuple[ECKey, ...]] = field(repr=False)
    used_from: Mapping[str, float] = field(default_factory=dict)  # seconds since 1970, by key id

    def active(self, use: KeyUse) -> SymmetricKey:
        return self.all(use)[0]

    def all(self, use: KeyUse) -> tuple[SymmetricKey, ...]:
        """Of one use: the one that seals first."""
        keys = self.symmetric.get(use, ())
        if not keys:
            raise KeyRingInvalid(
                f"The key ring has no {use} key; run `manage.py keys rotate {use}`."
            )
        return self._in_use_first(keys, lambda key: key.id) if self.used_from else keys

    def by_id(self, use: KeyUse, key_id: str) -> SymmetricKey | None:
        return next((key for key in self.symmetric.get(use, ()) if key.id == key_id), None)

    def signers(self, use: KeyUse) -> tuple[ECKey, ...]:
        """Of one use: the one that signs first."""
        keys = self.signing.get(use, ())
        if not keys:
            raise KeyRingInvalid(
                f"The key ring has no {use} key; run `manage.py keys rotate {use}`."
            )
        return self._in_use_first(keys, lambda key: key.kid or "") if self.used_from else keys

    def _in_use_first(
        self, keys: tuple[_Key, ...], name: Callable[[_Key], str]
    ) -> tuple[_Key, ...]:
        now = time.time()
        return tuple(sorted(keys, key=lambda key: self.used_from.get(name(key), 0) > now))


def generate(now: datetime) -> dict[str, object]:
    """The content of a new ring: one key for each use."""
    return {"version": 1, "keys": [new_key(use, now) for use in KeyUse]}


def lacking(content: Mapping[str, object]) -> tuple[KeyUse, ...]:
    """The uses for which a gateway's ring, made by an older release, has no key."""
    held = {str(entry["use"]) for entry in _entries(content)}
    return tuple(use for use in KeyUse if use.value not in held)


def new_key(use: KeyUse, now: datetime, *, used_from: datetime | None = None) -> dict[str, object]:
    """One entry of the file; without `used_from` it is in use as soon as it is read."""
    key_id = f"{use.value[0]}{now:%y%m%d}{secrets.token_hex(3)}"
    entry: dict[str, object] = {"use": use.value, "id": key_id, "created_at": now.isoformat()}
    if used_from is not None:
        entry["used_from"] = used_from.isoformat()
    if use in SIGNING_USES:
        key = ECKey.generate_key("P-256", {"kid": key_id, "alg": "ES256", "use": "sig"})
        return entry | {"jwk": key.as_dict(private=True)}
    return entry | {"key": base64.b64encode(secrets.token_bytes(32)).decode()}


def for_edge(content: Mapping[str, object]) -> dict[str, object]:
    """The edge's ring: what it needs and no more."""
    kept: list[dict[str, object]] = []
    for entry in _entries(content):
        use = KeyUse(str(entry["use"]))
        if use in {KeyUse.COOKIE, KeyUse.ASSERTION}:
            kept.append(dict(entry))
        elif use is KeyUse.RECORD:
            jwk = entry["jwk"]
            assert isinstance(jwk, dict)  # noqa: S101 -- parse() refuses anything else first
            kept.append(dict(entry) | {"jwk": {k: v for k, v in jwk.items() if k != "d"}})
    return {"version": 1, "keys": kept}


def parse(content: object) -> KeyRing:
    """Raises KeyRingInvalid."""
    if not isinstance(content, Mapping) or content.get("version") != 1:
        raise KeyRingInvalid("The key ring is not of version 1.")
    symmetric: dict[KeyUse, list[tuple[str, SymmetricKey]]] = {}
    signing: dict[KeyUse, list[tuple[str, ECKey]]] = {}
    used_from: dict[str, float] = {}
    for entry in _entries(content):
        try:
            use, key_id, created = (
                KeyUse(str(entry["use"])),
                str(entry["id"]),
                str(entry["created_at"]),
            )
            if "used_from" in entry:
                used_from[key_id] = datetime.fromisoformat(str(entry["used_from"])).timestamp()
            if use in SIGNING_USES:
                key = ECKey.import_key(entry["jwk"])  # type: ignore[arg-type]
                signing.setdefault(use, []).append((created, key))
            else:
                value = base64.b64decode(str(entry["key"]), validate=True)
                if len(value) != 32:  # noqa: PLR2004
                    raise KeyRingInvalid(f"Key {key_id} is not 32 bytes long.")
                symmetric.setdefault(use, []).append(
                    (created, SymmetricKey(id=key_id, value=value))
                )
        except (KeyError, ValueError, TypeError) as error:
            raise KeyRingInvalid(
                f"An entry of the key ring cannot be read: {type(error).__name__}"
            ) from error
    return KeyRing(
        symmetric={use: _newest_first(keys) for use, keys in symmetric.items()},
        signing={use: _newest_first(keys) for use, keys in signing.items()},
        used_from=used_from,
    )


def _newest_first(keys: list[tuple[str, _Key]]) -> tuple[_Key, ...]:
    return tuple(key for _, key in sorted(keys, key=lambda pair: pair[0], reverse=True))


def _entries(content: Mapping[str, object]) -> list[Mapping[str, object]]:
    entries = content.get("keys")
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise KeyRingInvalid("The key ring has no list of keys.")
    return entries


def write(path: Path, content: Mapping[str, object]) -> None:
    """Replaces the file whole, mode 0600; a reader sees the old ring or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-ring-")
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=1)
    Path(name).replace(path)


def read(path: Path) -> dict[str, object]:
    """The content of the file. Raises KeyRingInvalid."""
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise KeyRingInvalid(
            f"The key ring {path} cannot be read ({error.strerror}); "
            "`manage.py keys init` makes one."
        ) from error
    except ValueError as error:
        raise KeyRingInvalid(f"The key ring {path} is not JSON.") from error
    parse(content)
    return content  # type: ignore[no-any-return]


class KeyRingFile:
    """The ring in a file, read again when the file changes.

    While a changed file cannot be read the last good ring stays in force: half a rotation must not
    sign everybody out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ring = parse(read(path))
        self._stamp = self._stat()
        self._looked = time.monotonic()

    def current(self) -> KeyRing:
        if time.monotonic() - self._looked >= RELOAD_SECONDS:
            self._looked = time.monotonic()
            stamp = self._stat()
            if stamp is not None and stamp != self._stamp:
                try:
                    self._ring, self._stamp = parse(read(self._path)), stamp
                except KeyRingInvalid:
                    return self._ring
        return self._ring

    def _stat(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino


def ensure(path: Path, edge_path: Path, now: datetime | None = None) -> bool:
    """Makes both rings, or the keys that they lack; whether it made any. The demo's default."""
    now = now or datetime.now(UTC)
    there = path.exists()
    content = read(path) if there else generate(now)
    added = [new_key(use, now) for use in lacking(content)]
    if added or not there:
        content = content | {"keys": [*_entries(content), *added]}
        write(path, content)
    write(edge_path, for_edge(content))
    return bool(added) or not there
