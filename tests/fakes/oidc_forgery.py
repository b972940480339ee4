"""Tokens as no library would make them (the attack kit's), and a form that posts itself."""

from collections.abc import Mapping
from html import escape

from providers.attacks.oidc.forgery import LEFT_OUT, part, sign, with_lies

__all__ = ["LEFT_OUT", "form_post", "part", "sign", "with_lies"]


def form_post(url: str, fields: Mapping[str, str]) -> bytes:
    """OAuth 2.0 Form Post Response Mode, section 2: a page that posts itself."""
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return f'<form method="post" action="{escape(url)}">{inputs}</form>'.encode()
