"""What a provider publishes just now, looked at without keeping it: for whoever connects one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.http import client_for
from providers.oidc.issuer import Issuer
from providers.oidc.keys import PublishedKey
from providers.oidc.metadata import ProviderMetadata, Published
from providers.oidc.settings import OidcSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    metadata: ProviderMetadata
    keys: tuple[PublishedKey, ...]


def discover(settings: OidcSettings, now: datetime) -> Discovered:
    """Fetches both documents anew. Raises ProviderUnreachable."""
    named = Issuer(configured=settings.issuer, tenants=frozenset(settings.tenants)).published
    http = client_for(settings.allowed_networks)
    published = Published("", settings.issuer, http, _ForOneLook(), named=named)
    return Discovered(metadata=published.metadata(now), keys=published.keys(now))


class _ForOneLook:
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
