"""What a provider publishes just now, looked at without keeping it: for whoever connects one."""

from dataclasses import dataclass
from datetime import datetime

from providers.oidc.keys import PublishedKey
from providers.oidc.metadata import ProviderMetadata, Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    metadata: ProviderMetadata
    keys: tuple[PublishedKey, ...]


def discover(published: Published, now: datetime) -> Discovered:
    """Fetches both documents, anew where `published` has a cache of its own. Raises
    ProviderUnreachable.
    """
    return Discovered(metadata=published.metadata(now), keys=published.keys(now))
