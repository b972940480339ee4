"""Our own keys at an OIDC provider: made here, so that nobody ever handles one, and turned over in
two steps with time between them.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import wake_after_commit
from providers import registry
from providers.errors import ProviderUnknown
from providers.models import Provider
from providers.oidc import rotation
from providers.oidc import settings as oidc
from providers.oidc.client_keys import KeyKind
from providers.oidc.rotation import Changes, RotationRefused
from providers.oidc.settings import OidcSettings


def make_first(slug: str, kind: KeyKind, *, now: datetime) -> tuple[str, ...]:
    """Makes the keys that sign and decrypt, where the provider has none yet; their names.

    Raises ProviderUnknown, ProviderMisconfigured, RotationRefused if it has them all.
    """

    def change(_settings: OidcSettings, secrets: Mapping[str, str]) -> Changes:
        made = rotation.first_keys(secrets, kind, now)
        if not made:
            raise RotationRefused("This provider has its keys already; turn them over instead.")
        return made

    return _turn(slug, "made", change, now)


def publish_next(slug: str, *, now: datetime) -> tuple[str, ...]:
    """Makes a successor of each key and publishes it beside the one in use; their names.

    Raises ProviderUnknown, ProviderMisconfigured, RotationRefused.
    """
    return _turn(slug, "published", lambda s, held: rotation.next_keys(s, held, now), now)


def promote(slug: str, *, early: bool, now: datetime) -> tuple[str, ...]:
    """Puts the next keys to use and keeps those before them known; the names of all that changed.

    `early`: though providers may not have seen the next ones yet. Raises ProviderUnknown,
    ProviderMisconfigured, RotationRefused.
    """
    return _turn(
        slug, "in-use", lambda s, held: rotation.promoted_keys(s, held, now, early=early), now
    )


def _turn(
    slug: str,
    step: str,
    change: Callable[[OidcSettings, Mapping[str, str]], Changes],
    now: datetime,
) -> tuple[str, ...]:
    with transaction.atomic():
        row = Provider.objects.select_for_update().filter(slug=slug).first()
        if row is None or row.protocol != Provider.Protocol.OIDC:
            raise ProviderUnknown(f"{slug} is no OIDC provider")
        changes = change(oidc.parse(row.settings), row.open_secrets())
        for name, value in changes.items():
            if value is not None:
                row.seal_secret(name, value)
        gone = [name for name, value in changes.items() if value is None]
        row.sealed_secrets = {n: s for n, s in row.sealed_secrets.items() if n not in gone}
        registry.validate(row)
        row.save(update_fields=["sealed_secrets", "updated_at"])
        written = tuple(sorted(changes.keys() - set(gone)))
        detail = {"provider": slug, "step": step, "keys": list(written)}
        record(Event.PROVIDER_KEYS_TURNED, actor="operator", detail=detail, at=now)
        wake_after_commit()
    return written
