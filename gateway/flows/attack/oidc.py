"""The attacks on one OIDC row."""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.utils import timezone

from gateway import wiring
from gateway.flows import upstream_logout
from gateway.flows.attack.browser import Browser
from providers import registry
from providers.attacks.attack import Outcome, in_rounds, judged
from providers.attacks.oidc import CONTROLS, SIGN_IN, SIGN_OUT
from providers.attacks.oidc.provider import PlayedProvider
from providers.attacks.oidc.target import OidcAttack
from providers.connector import (
    AuthenticationResponse,
    BackChannelLogout,
    FrontChannelLogout,
    RedirectBinding,
)
from providers.errors import ProviderError, ProviderUnknown
from providers.models import Provider
from providers.oidc import settings as oidc
from providers.oidc.client_keys import published
from providers.scratch import Scratch

# A vendor's own interfaces, and other issuers: the kit plays this one provider and no other.
_ELSEWHERE = {"groups_overage": False, "workspace_groups": False, "claims_providers": []}
TOTAL = len(SIGN_IN) + len(SIGN_OUT)


class _Target(Browser):
    """Implements `OidcTarget`."""

    def begin(self) -> str:
        binding = self.sent_away()
        if not isinstance(binding, RedirectBinding):
            raise ProviderUnknown(f"{self.slug} does not redirect")
        return binding.url

    def logout_told(self, logout_token: str) -> object:
        if not isinstance(self.connector, BackChannelLogout):
            raise ProviderUnknown(f"{self.slug} sends no logout tokens")
        now = timezone.now()
        notice = self.connector.logout_told(logout_token, now)
        if notice.once is not None:
            upstream_logout.count(self.slug, notice.once, self.cache, now)
        return notice

    def logout_framed(self, response: AuthenticationResponse) -> object:
        if not isinstance(self.connector, FrontChannelLogout):
            raise ProviderUnknown(f"{self.slug} frames no page of ours")
        return self.connector.logout_framed(response)


def attack(row: Provider, *, now: datetime, step: Callable[[], None]) -> list[Outcome]:
    """Fires all that says something about this row. Raises ProviderMisconfigured."""
    settings = oidc.parse({**row.settings, **_ELSEWHERE})
    jwks: Mapping[str, Any] = published(settings, row.open_secrets())
    try:
        theirs = _published_keys(row, now)
        unknown = "" if theirs else "no signing key"
    except ProviderError as error:
        theirs, unknown = [], str(error)

    def fired(each: OidcAttack) -> Outcome:
        real = theirs if each.keyless and not unknown else None
        provider = PlayedProvider(settings, client_jwks=jwks, published=real)
        return judged(each, lambda: each.fire(_target(row, provider), provider))

    return in_rounds(
        zip(CONTROLS, (SIGN_IN, SIGN_OUT), strict=True),
        applies=lambda each: each.where(PlayedProvider(settings, client_jwks=jwks)),
        fired=fired,
        step=step,
    )


def _target(row: Provider, provider: PlayedProvider) -> _Target:
    cache, base_url = Scratch(), wiring.config().base_url
    played = copy(row)
    played.settings = {**row.settings, **_ELSEWHERE}
    connector = registry.made(
        played,
        base_url,
        cache,
        valid_until=registry.metadata_valid_until(row),
        through=lambda _network: provider,
    )
    return _Target(row.slug, connector, cache, f"{base_url}/oidc/{row.slug}/callback", "state")


def _published_keys(row: Provider, now: datetime) -> list[dict[str, Any]]:
    """What the real provider publishes, as the gateway knows it. Raises ProviderUnreachable,
    SharedCacheUnavailable.
    """
    known, *_others = registry.published_documents(row, wiring.shared_cache())
    told = [
        {
            **key.key.as_dict(private=False),
            "kid": key.kid,
            "alg": key.algorithm,
            "issuer": key.issuer,
        }
        for key in known.keys(now)
    ]
    return [{name: value for name, value in key.items() if value is not None} for key in told]
