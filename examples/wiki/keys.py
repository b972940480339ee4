"""The gateway's public keys: fetched when needed, kept while the gateway is away."""

import asyncio
import json
import time
import urllib.request

from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

LIFE_SECONDS = 300.0
# An unknown key id may be a new key; made-up ones must not each become a request to the gateway.
ASK_AGAIN_SECONDS = 5.0
FETCH_SECONDS = 5.0
LARGEST = 1_000_000  # bytes


class GatewayKeys:
    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: list[Key] = []
        self._asked = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def with_id(self, key_id: str) -> KeySet:
        """The key with this id; an empty set where there is none."""
        async with self._one_at_a_time:
            age = time.monotonic() - self._asked
            if age > LIFE_SECONDS or (age > ASK_AGAIN_SECONDS and not self._known(key_id)):
                self._asked = time.monotonic()
                await asyncio.to_thread(self._fetch)
        return KeySet(self._known(key_id))

    def _known(self, key_id: str) -> list[Key]:
        return [key for key in self._keys if key.kid == key_id]

    def _fetch(self) -> None:
        try:
            with urllib.request.urlopen(self._url, timeout=FETCH_SECONDS) as answer:  # noqa: S310 -- the operator's word
                self._keys = KeySet.import_key_set(json.loads(answer.read(LARGEST))).keys
        except (OSError, ValueError, KeyError, TypeError, JoseError):
            return  # what is known stays good; where nothing is known, nobody is believed
