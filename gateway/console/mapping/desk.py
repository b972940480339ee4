"""The frame in which these pages stand: the console's own."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from gateway.console.mapping.who import account_of
from gateway.console.site import console
from provisioning.models import Account

View = Callable[..., HttpResponse]
MAX_WORD = 150  # letters, as many as a role's name can have


def desk(may: Callable[[Account], bool]) -> Callable[[View], View]:
    """For whoever may enter the console and do this; what a page changes, its flow judges again."""

    def wrapped(view: View) -> View:
        @wraps(view)
        def permitted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
            if not may(account_of(actor(request))):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return console.admin_view(permitted)

    return wrapped


def actor(request: HttpRequest) -> str:
    return str(request.user.pk)


def word(request: HttpRequest, name: str, most: int = MAX_WORD) -> str:
    """What the address or the form says there, as a database takes it; empty if it says nothing."""
    told = request.POST if request.method == "POST" else request.GET
    return told.get(name, "").replace("\0", "").strip()[:most]


def page(
    request: HttpRequest, template: str, *, title: str, status: int = 200, **context: object
) -> HttpResponse:
    whole = {**console.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"console/mapping/{template}.html", whole, status=status)


def part(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    """Of a page, for a script to put in its place; the frame would cost more than it."""
    return TemplateResponse(request, f"console/mapping/{template}.html", context)
