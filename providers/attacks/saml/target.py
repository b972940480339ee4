"""Who is attacked, as the attacks see it."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from lxml import etree

from providers.attacks.attack import Attack
from providers.attacks.saml.messages import Asked, Spoken
from providers.attacks.saml.provider import PlayedSamlProvider, posted
from providers.connector import AuthenticationResponse, Binding


class SamlTarget(Protocol):
    """One browser at one service provider. Each method returns if what came was believed, and
    raises whatever refused it.
    """

    @property
    def slo_url(self) -> str:
        """Where it takes messages about signing out."""

    def another(self) -> "SamlTarget":
        """Another browser at the same place."""

    def begin(self) -> Binding: ...

    def complete(self, response: AuthenticationResponse) -> object: ...

    def unsolicited(self, response: AuthenticationResponse) -> object: ...

    def logout_asked(self, response: AuthenticationResponse) -> object: ...


SamlAttack: TypeAlias = Attack[SamlTarget, PlayedSamlProvider]
Fire: TypeAlias = Callable[[SamlTarget, PlayedSamlProvider], object]
Document: TypeAlias = etree._Element | bytes  # noqa: SLF001 - lxml's name for it


def sending(make: Callable[[PlayedSamlProvider, Spoken], Document]) -> Fire:
    """A whole sign-in, answered by what `make` makes of what an honest provider would say."""

    def fire(target: SamlTarget, provider: PlayedSamlProvider) -> object:
        asked = provider.asked(target.begin())
        return target.complete(posted(make(provider, provider.says(asked)), asked.relay_state))

    return fire


def relaying(change: Callable[[Asked], str]) -> Fire:
    """An honest answer with another RelayState."""

    def fire(target: SamlTarget, provider: PlayedSamlProvider) -> object:
        asked = provider.asked(target.begin())
        return target.complete(posted(provider.answer(provider.says(asked)), change(asked)))

    return fire


CONTROL = SamlAttack(
    name="saml.control",
    words="says nothing but the truth",
    source="saml-profiles 4.1.4",
    checks=(),
    fire=sending(lambda provider, said: provider.answer(said)),
)
