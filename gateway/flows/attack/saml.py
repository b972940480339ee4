"""The attacks on one SAML row."""

from collections.abc import Callable
from copy import copy

from django.utils import timezone

from gateway import wiring
from gateway.flows import upstream_logout
from gateway.flows.attack.browser import Browser
from providers import registry
from providers.attacks.attack import Outcome, in_rounds, judged
from providers.attacks.saml import CONTROLS, SIGN_IN, SIGN_OUT
from providers.attacks.saml.provider import PlayedSamlProvider
from providers.attacks.saml.target import SamlAttack
from providers.connector import (
    AuthenticationResponse,
    Binding,
    SingleLogout,
    UnsolicitedConnector,
)
from providers.errors import ProviderUnknown
from providers.models import Provider
from providers.saml import settings as saml
from providers.scratch import Scratch

TOTAL = len(SIGN_IN) + len(SIGN_OUT)


class _Target(Browser):
    """Implements `SamlTarget`."""

    @property
    def slo_url(self) -> str:
        return f"{wiring.config().base_url}/saml/{self.slug}/slo"

    def begin(self) -> Binding:
        return self.sent_away()

    def unsolicited(self, response: AuthenticationResponse) -> object:
        if not isinstance(self.connector, UnsolicitedConnector):
            raise ProviderUnknown(f"{self.slug} begins no sign-in")
        return self.connector.unsolicited(self.callback_url, response, timezone.now())

    def logout_asked(self, response: AuthenticationResponse) -> object:
        if not isinstance(self.connector, SingleLogout):
            raise ProviderUnknown(f"{self.slug} asks nothing")
        now = timezone.now()
        asked = self.connector.logout_asked(response, self.slo_url, now)
        if asked.notice.once is not None:
            upstream_logout.count(self.slug, asked.notice.once, self.cache, now)
        return asked


def attack(row: Provider, *, step: Callable[[], None]) -> list[Outcome]:
    """Fires all that says something about this row. Raises ProviderMisconfigured."""
    settings = saml.parse(row.settings)
    [ours, *_] = saml.parse_secrets(row.open_secrets()).certificates

    def fired(each: SamlAttack) -> Outcome:
        provider = PlayedSamlProvider(settings, encrypt_to=ours, keyless=each.keyless)
        return judged(each, lambda: each.fire(_target(row, provider), provider))

    return in_rounds(
        zip(CONTROLS, (SIGN_IN, SIGN_OUT), strict=True),
        applies=lambda each: each.where(PlayedSamlProvider(settings, encrypt_to=ours)),
        fired=fired,
        step=step,
    )


def _target(row: Provider, provider: PlayedSamlProvider) -> _Target:
    """The row as it stands; where the attack needs its key, with the kit's certificate for it."""
    cache, base_url = Scratch(), wiring.config().base_url
    played = copy(row)
    if not provider.keyless:
        played.settings = {**row.settings, "certificates": [provider.keys.certificate]}
    valid_until = registry.metadata_valid_until(row)
    connector = registry.made(played, base_url, cache, valid_until=valid_until)
    return _Target(row.slug, connector, cache, f"{base_url}/saml/{row.slug}/acs", "RelayState")
