"""The frame in which these pages stand: the console's own."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from gateway.console.site import console

View = Callable[..., HttpResponse]


def desk(permission: str) -> Callable[[View], View]:
    """For whoever may enter the console and do this with the rules: `view` or `add`."""

    def wrapped(view: View) -> View:
        @wraps(view)
        def permitted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
            if not may(request, permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return console.admin_view(permitted)

    return wrapped


def may(request: HttpRequest, permission: str) -> bool:
    return request.user.has_perm(f"mapping.{permission}_rulesetversion")


def page(request: HttpRequest, template: str, *, title: str, **context: object) -> HttpResponse:
    whole = {**console.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"console/mapping/{template}.html", whole)
