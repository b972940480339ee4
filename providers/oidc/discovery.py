"""What a provider publishes just now, looked at without keeping it: for whoever connects one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.oidc.keys import PublishedKey
from providers.oidc.metadata import ProviderMetadata, Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    metadata: ProviderMetadata
    keys: tuple[PublishedKey, ...]


def discover(published: Published, now: datetime) -> Discovered:
    """Fetches both documents, anew where `published` has a `ForOneLook`. Raises
    ProviderUnreachable.
    """
    return Discovered(metadata=published.metadata(now), keys=published.keys(now))


class ForOneLook:
    """Implements `providers.connector.SharedCache` for one caller, who throws it away."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._kept.get(key)

    def put(self, key: str, value: bytes, lives: timedelta) -> None:  # noqa: ARG002
        self._kept[key] = value

    def add(self, key: str, value: bytes, lives: timedelta) -> bool:  # noqa: ARG002
        return self._kept.setdefault(key, value) is value

    def drop(self, key: str) -> None:
        self._kept.pop(key, None)
