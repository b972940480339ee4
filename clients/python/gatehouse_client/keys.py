"""The gateway's public keys (RFC 7517): given, or fetched and kept for a while."""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gatehouse_client.calls import Call, call
from gatehouse_client.person import Unavailable

PATH = "/.well-known/jwks.json"
FETCH_SECONDS = 2.0
# An unknown key id may be a new key; made-up ones must not each become a request to the gateway.
ASK_AGAIN_SECONDS = 5.0
# A key that was taken out counts no longer than this, if the gateway is there to ask.
LIFE_SECONDS = 300.0
# While the gateway is away they are good for this long; after it nobody knows.
KEPT_SECONDS = 3600.0


class Purpose(Enum):
    """What the gateway signs under a key (`purpose` in its key set)."""

    RECORD = "record"
    ASSERTION = "assertion"
    EVENT = "event"


class KeyUnknown(Exception):
    """No such key among those that are known; there may be a new one."""


class PublicKeys:
    """Thread-safe. Without an address the keys are those that were given, for ever."""

    def __init__(self, url: str = "", jwks: Mapping[str, object] | None = None) -> None:
        self._url = url
        self._keys = _read(jwks) if jwks is not None else {}
        self._asked = self._fetched = float("-inf")
        self._one_at_a_time = threading.Lock()

    def keep_fresh(self) -> None:
        """Has old keys fetched anew, while nobody waits: what is known stays good meanwhile."""
        now = time.monotonic()
        if (
            self._url
            and now - max(self._fetched + LIFE_SECONDS, self._asked + ASK_AGAIN_SECONDS) > 0
        ):
            threading.Thread(
                target=self._refresh_quietly, name="gatehouse-keys", daemon=True
            ).start()

    def find(self, key_id: str, purpose: Purpose) -> ECKey:
        """From memory. Raises KeyUnknown."""
        found = self._keys.get((key_id, purpose))
        too_old = self._url and time.monotonic() - self._fetched > KEPT_SECONDS
        if found is None or too_old:
            raise KeyUnknown(purpose.value)
        return found

    def refresh(self) -> None:
        """Asks the gateway, unless it answered a moment ago. Raises Unavailable."""
        if not self._url:
            return
        with self._one_at_a_time:
            now = time.monotonic()
            if now - self._asked < ASK_AGAIN_SECONDS:
                if self._fetched < self._asked:
                    raise Unavailable("the gateway's keys could not be fetched a moment ago")
                return
            self._asked = now
            reply = call(self._url, Call(target=PATH), FETCH_SECONDS)
            if reply.status != 200:  # noqa: PLR2004
                raise Unavailable(f"the gateway's keys: HTTP {reply.status}")
            try:
                self._keys = _read(json.loads(reply.body))
            except (ValueError, TypeError, AttributeError) as error:
                raise Unavailable("the gateway's keys cannot be read") from error
            self._fetched = time.monotonic()

    def _refresh_quietly(self) -> None:
        with suppress(Unavailable):
            self.refresh()


def _read(jwks: Mapping[str, object]) -> dict[tuple[str, Purpose], ECKey]:
    """Keys of other kinds and purposes are left out."""
    found: dict[tuple[str, Purpose], ECKey] = {}
    members = jwks.get("keys")
    for said in members if isinstance(members, list) else []:
        try:
            purpose = Purpose(said["purpose"])
            key = ECKey.import_key(said)
        except (JoseError, ValueError, KeyError, TypeError):
            continue
        if key.kid and key.curve_name == "P-256":
            found[key.kid, purpose] = key
    return found
