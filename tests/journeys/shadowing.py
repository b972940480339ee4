"""A draft of a provider's settings, as an admin began it."""

from typing import Any

from django.utils import timezone

from gateway.flows import draft
from providers.models import Provider, ShadowSettings


def drafted(slug: str = "corp-oidc", dialect: str | None = None, **settings: Any) -> None:
    """The live settings with these changes; None takes one out."""
    row = Provider.objects.get(slug=slug)
    wanted = {n: v for n, v in (row.settings | settings).items() if v is not None}
    draft.begin(
        slug, wanted, dialect or row.dialect, pasted=False, actor="dora", now=timezone.now()
    )


def figures(slug: str = "corp-oidc") -> tuple[int, int, int]:
    """Judged, the same, different."""
    found = ShadowSettings.objects.get(provider__slug=slug)
    return found.judged, found.same, found.different


def words(slug: str = "corp-oidc") -> list[str]:
    """Of the last difference."""
    found: list[str] = ShadowSettings.objects.get(provider__slug=slug).differences[0]["words"]
    return found
