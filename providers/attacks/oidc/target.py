"""Who is attacked, as the attacks see it."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from providers.attacks.attack import Attack
from providers.attacks.oidc.provider import Lies, PlayedProvider
from providers.connector import AuthenticationResponse


class OidcTarget(Protocol):
    """One browser at one relying party. Each method returns if what came was believed, and raises
    whatever refused it.
    """

    def another(self) -> "OidcTarget":
        """Another browser at the same place."""

    def begin(self) -> str:
        """The address that the browser is sent to."""

    def complete(self, response: AuthenticationResponse) -> object:
        """Who is signed in by it: equal for one person, and for no two."""

    def logout_told(self, logout_token: str) -> object: ...

    def logout_framed(self, response: AuthenticationResponse) -> object: ...


OidcAttack: TypeAlias = Attack[OidcTarget, PlayedProvider]
Fire: TypeAlias = Callable[[OidcTarget, PlayedProvider], object]


def walk(target: OidcTarget, provider: PlayedProvider) -> object:
    """A whole sign-in."""
    return target.complete(provider.authorize(target.begin()))


def lying(**lies: Any) -> Fire:  # noqa: ANN401 - the fields of `Lies`
    """A whole sign-in at a provider that tells these lies."""

    def fire(target: OidcTarget, provider: PlayedProvider) -> object:
        provider.lie = Lies(**lies)
        return walk(target, provider)

    return fire


CONTROL = OidcAttack(
    name="oidc.control",
    words="says nothing but the truth",
    source="OIDC Core 3.1.3.7",
    checks=(),
    fire=walk,
)
