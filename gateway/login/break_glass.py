"""The doors of break-glass accounts: password, second factor, and the link that sets both.

While break-glass is off there is no such page.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods
from qrcode.image.svg import SvgPathFillImage
from qrcode.main import QRCode

from gateway.flows import break_glass, limits
from gateway.flows.break_glass import Answer, Given
from gateway.flows.errors import LocalRefused
from gateway.login.cookies import signed_in
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.web.client import limited_client, visitor
from gateway.web.leaving import forget
from gateway.web.local_pages import EquipPage, LocalPage, RecoveryCodesPage, SecondFactorPage
from gateway.web.pages import render
from gateway.wiring import config
from providers.errors import RequestUnknown

PROVEN = "__Host-gatehouse-local"  # what this browser has proven so far, sealed
_View = Callable[..., HttpResponse]


def _if_on(view: _View) -> _View:
    @wraps(view)
    def on(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        if not config().break_glass:
            raise Http404
        return view(request, *args, **kwargs)

    return require_http_methods(["GET", "POST"])(on)


@_if_on
def password(request: HttpRequest) -> HttpResponse:
    """The first step."""
    if request.method != "POST":
        wanted = request.GET.get("return_to", "")
        return render(request, LocalPage(return_to=wanted, again="again" in request.GET))
    email, wanted = request.POST.get("email", "").strip(), request.POST.get("return_to", "")
    try:
        sealed = break_glass.first(
            email,
            request.POST.get("password", ""),
            wanted=wanted,
            visitor=visitor(request),
            reference=request.reference,  # type: ignore[attr-defined]
            now=timezone.now(),
        )
    except LocalRefused:
        return render(request, LocalPage(return_to=wanted, email=email, fault=True), status=403)
    response = HttpResponseRedirect(reverse("local-second"))
    response.status_code = 303
    response["Cache-Control"] = "no-store"
    _keep(response, sealed)
    return response


@_if_on
def second_factor(request: HttpRequest) -> HttpResponse:
    """The second step, in the browser that took the first."""
    sealed = request.COOKIES.get(PROVEN, "")
    try:
        if request.method != "POST":
            return _challenged(request, sealed, fault=False)
        answer = Answer(
            code=request.POST.get("code", "")[:100], passkey=request.POST.get("passkey", "")
        )
        logged_in = break_glass.second(
            sealed,
            answer,
            visitor=visitor(request),
            reference=request.reference,  # type: ignore[attr-defined]
            now=timezone.now(),
        )
    except LocalRefused:
        return _challenged(request, sealed, fault=True)
    except RequestUnknown:
        response: HttpResponse = HttpResponseRedirect(f"{reverse('local')}?again")
    else:
        response = signed_in(request, logged_in)
    forget(response, PROVEN)
    return response


@_if_on
def set_up(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows what to set, POST sets all of it or nothing."""
    limits.spend(limits.Limit.LINK, limited_client(request))
    fault_at = fault = earlier = ""
    offered = break_glass.offer(secret, now=timezone.now())
    if request.method == "POST":
        earlier = request.POST.get("sealed", "")
        fields = {
            name: request.POST.get(name, "") for name in ("password", "again", "code", "passkey")
        }
        try:
            codes = break_glass.equip(
                secret,
                Given(sealed=earlier, **fields),
                visitor=visitor(request),
                reference=request.reference,  # type: ignore[attr-defined]
                now=timezone.now(),
            )
        except DefinitionInvalid as error:
            fault_at, fault = error.faults[0].field, error.faults[0].problem
        else:
            page = RecoveryCodesPage(
                username=offered.username, email=offered.email, codes=tuple(codes)
            )
            return _with_secret_in_address(render(request, page))
        offered = break_glass.offer(secret, earlier=earlier, now=timezone.now())
    page_shown = EquipPage(
        offer=offered,
        passkey=json.dumps(offered.passkey),
        picture=_picture(offered.address),
        fault_at=fault_at,
        fault=fault,
    )
    return _with_secret_in_address(render(request, page_shown, status=400 if fault else 200))


def _challenged(request: HttpRequest, sealed: str, *, fault: bool) -> HttpResponse:
    """Raises RequestUnknown."""
    asked = break_glass.challenge(sealed, now=timezone.now())
    passkey = json.dumps(asked.passkey) if asked.passkey is not None else ""
    page = SecondFactorPage(has_app=asked.has_app, passkey=passkey, fault=fault)
    response = render(request, page, status=403 if fault else 200)
    _keep(response, asked.sealed)
    return response


def _keep(response: HttpResponse, sealed: str) -> None:
    response.set_cookie(PROVEN, sealed, secure=True, httponly=True, samesite="Strict")


def _with_secret_in_address(response: HttpResponse) -> HttpResponse:
    # Not `no-referrer`: browsers would name the form's origin as `null`, which is anybody's.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _picture(address: str) -> SafeString:
    code = QRCode(image_factory=SvgPathFillImage)
    code.add_data(address)
    picture: str = code.make_image().to_string(encoding="unicode")
    return mark_safe(picture)  # noqa: S308 -- numbers alone
