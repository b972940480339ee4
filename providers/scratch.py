"""A shared cache that nobody shares: for one look at a provider, or one attack."""

from datetime import timedelta


class Scratch:
    """Implements `providers.connector.SharedCache` for one caller, who throws it away: nothing
    ends before that.
    """

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._kept.get(key)

    def put(self, key: str, value: bytes, lives: timedelta) -> None:  # noqa: ARG002
        self._kept[key] = value

    def add(self, key: str, value: bytes, lives: timedelta) -> bool:  # noqa: ARG002
        known = key in self._kept
        self._kept.setdefault(key, value)
        return not known

    def drop(self, key: str) -> None:
        self._kept.pop(key, None)
