"""From a draft of a row's settings to a connector that judges what was answered once."""

from copy import copy
from functools import partial

from providers.connector import Connector, SharedCache
from providers.models import Provider, ShadowSettings
from providers.recording import Answers
from providers.registry import made, metadata_valid_until
from providers.replay import Apart, Replayed

SECONDS = 3.0  # for all that a draft fetches in one sign-in


def as_drafted(provider: Provider, shadow: ShadowSettings) -> Provider:
    """The row as it would be; not to be saved."""
    row = copy(provider)
    row.settings, row.dialect = shadow.settings, shadow.dialect
    if shadow.settings.get("proxy") != provider.settings.get("proxy"):
        # Credentials of one proxy are never shown to another: they are given anew.
        kept = {n: s for n, s in row.sealed_secrets.items() if n != "proxy_credentials"}
        row.sealed_secrets = kept
    return row


def drafted(
    provider: Provider,
    shadow: ShadowSettings,
    answers: Answers,
    *,
    base_url: str,
    cache: SharedCache,
) -> Connector:
    """The connector of the draft. Raises ProviderMisconfigured.

    It is made for one sign-in, asks nothing anew that counts once, and uses nothing up.
    """
    return made(
        as_drafted(provider, shadow),
        base_url,
        Apart(cache=cache, name=f"shadow:{shadow.pk}"),
        valid_until=None if shadow.pasted else metadata_valid_until(provider),
        through=partial(Replayed, answers=answers, seconds=SECONDS),
    )
