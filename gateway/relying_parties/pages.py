"""The pages that the edge shows on an app's own host, rendered when its routes are published.

They need nothing from the gateway, so that they are there while it is away: one file each, with its
style and script inside. Each brings its own Content-Security-Policy, which lets in exactly these
two by their hashes. What a policy in a page cannot say the edge says in its header:
`Content-Security-Policy: frame-ancestors 'none'`.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from gateway.config.environment import Branding
from gateway.config.palette import palette
from gateway.edge.page import Page, mark

RETRY_SCRIPT = Path(__file__).parents[1] / "static" / "retry.js"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRole:
    """A role that would open the door, in words for whoever lacks it."""

    label: str
    whom_to_ask: str = ""


class SharedPages:
    """The pages of one publication: rendered once for each shape, whatever the words in it."""

    def __init__(self, gateway_url: str, branding: Branding) -> None:
        self._gateway_url = gateway_url
        self._branding = branding
        self._texts: dict[tuple[object, ...], str] = {}

    def denied(
        self, *, app_name: str, origin: str, roles: Sequence[MissingRole], contact: str
    ) -> Page:
        """As `denied_page`."""
        words = _Words()
        marked = {
            "app_name": words.mark(app_name),
            "roles": [
                MissingRole(label=words.mark(role.label), whom_to_ask=words.mark(role.whom_to_ask))
                for role in roles
            ],
            "contact": words.mark(contact),
            "other_account_url": words.mark(_other_account_url(origin, self._gateway_url)),
        }
        return self._page(
            words, "denied", lambda: _denied(marked, self._gateway_url, self._branding)
        )

    def certificate(self, *, app_name: str, contact: str) -> Page:
        """As `certificate_page`."""
        words = _Words()
        marked = {"app_name": words.mark(app_name), "contact": words.mark(contact)}
        return self._page(
            words, "certificate", lambda: certificate_page(**marked, branding=self._branding)
        )

    def unavailable(self, *, app_name: str) -> Page:
        """As `unavailable_page`."""
        words = _Words()
        name = words.mark(app_name)
        return self._page(
            words, "unavailable", lambda: unavailable_page(app_name=name, branding=self._branding)
        )

    def _page(self, words: "_Words", kind: str, render: Callable[[], str]) -> Page:
        shape = (kind, *words.there)
        if shape not in self._texts:
            self._texts[shape] = render()
        return Page(self._texts[shape], tuple(words.values))


class _Words:
    """Marks instead of words. What is empty stays empty: templates ask whether it is."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.there: list[bool] = []

    def mark(self, word: str) -> str:
        self.there.append(bool(word))
        if not word:
            return ""
        self.values.append(word)
        return mark(len(self.values) - 1)


def denied_page(
    *,
    app_name: str,
    origin: str,
    roles: Sequence[MissingRole],
    contact: str,
    gateway_url: str,
    branding: Branding,
) -> str:
    """For whoever is signed in but may not go there (403).

    Any one of the roles would do; `contact` is whom to ask about the app. Signing out is a POST to
    `/.gatehouse/sign-out` on the same host. A page can be told nothing about its reader: it is the
    same for everybody.
    """
    context = {
        "app_name": app_name,
        "roles": roles,
        "contact": contact,
        "other_account_url": _other_account_url(origin, gateway_url),
    }
    return _denied(context, gateway_url, branding)


def _other_account_url(origin: str, gateway_url: str) -> str:
    again = urlencode({"return_to": f"{origin}/", "fresh": "1"})
    return f"{gateway_url}/sign-in?{again}"


def _denied(context: Mapping[str, object], gateway_url: str, branding: Branding) -> str:
    return _rendered(
        "edge/denied.html",
        branding,
        # Signing out ends on a page of the gateway, and browsers follow redirects too.
        form_action=f"'self' {gateway_url}",
        context=context,
    )


def certificate_page(*, app_name: str, contact: str, branding: Branding) -> str:
    """For whoever comes from a client that shows none of the certificates that open this (403)."""
    return _rendered(
        "edge/certificate.html",
        branding,
        form_action="'none'",
        context={"app_name": app_name, "contact": contact},
    )


def unavailable_page(*, app_name: str, branding: Branding) -> str:
    """For whoever comes while sessions cannot be read (503). It tries again by itself."""
    return _rendered(
        "edge/unavailable.html",
        branding,
        form_action="'none'",
        context={"app_name": app_name},
        script=RETRY_SCRIPT.read_text(),
    )


def _rendered(
    template: str,
    branding: Branding,
    *,
    form_action: str,
    context: Mapping[str, object],
    script: str = "",
) -> str:
    style = render_to_string("edge/style.css", asdict(palette(branding.accent)))
    return render_to_string(
        template,
        {
            **context,
            "company": branding,
            # Ours, and inside elements whose text is not HTML: escaping would break them.
            "style": mark_safe(style),  # noqa: S308
            "script": mark_safe(script),  # noqa: S308
            "policy": mark_safe(  # noqa: S308 -- hashes, and an address of the operator's
                f"default-src 'none'; style-src {_hash(style)}; "
                f"script-src {_hash(script)}; img-src data:; "
                f"form-action {form_action}; base-uri 'none'"
            ),
        },
    )


def _hash(text: str) -> str:
    if not text:
        return "'none'"
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
