"""Where providers send people back to."""

from django.urls import reverse

from gateway.wiring import config


def callback_url(slug: str) -> str:
    """Of OIDC."""
    return config().base_url + reverse("oidc-callback", args=[slug])


def acs_url(slug: str) -> str:
    """Of SAML."""
    return config().base_url + reverse("saml-acs", args=[slug])
