"""The console's frame: who may enter, where everybody else goes, what browsers may run here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import InvalidPage
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from gateway.config.palette import mixed, palette
from gateway.console.overview import overview
from gateway.console.traces import found_by_code
from gateway.console.upcoming import upcoming
from gateway.relying_parties.pages import MissingRole
from gateway.web.pages import NoAccessPage, render
from gateway.wiring import config
from provisioning.models import RoleInfo

# Tighter than this unfold does not work: its Alpine.js compiles the attributes of its pages
# (unsafe-eval), and its theme and htmx write style elements and attributes (unsafe-inline, for
# styles alone). No inline script runs, nothing is loaded from or sent to another host. The doors
# do not share this: they keep the strict policy of `web.pages`.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])
Text = str | Promise
# Nobody has a password here.
_NOT_OURS = {"password_change", "password_change_done"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page of the rail that shows no one model's rows."""

    url_name: str
    permission: str


class GatehouseConsole(UnfoldAdminSite):
    site_header = _("Console")
    site_title = _("Console")
    index_title = _("Overview")
    index_template = "console/overview.html"
    enable_nav_sidebar = True

    # What stands in the rail: (title, icon, model or place), set by `console.site`.
    rail: tuple[tuple[Text, str, type[Model] | Place], ...] = ()
    # Nouns whose first page is one of our own, by the name of its address.
    desks: Mapping[type[Model], str] = MappingProxyType({})

    def get_urls(self) -> list[Any]:
        return [url for url in super().get_urls() if getattr(url, "name", "") not in _NOT_OURS]

    def admin_view(self, view: _View, cacheable: bool = False) -> _View:  # noqa: FBT001, FBT002
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
            try:
                response = inner(request, *args, **kwargs)
            except ValidationError as error:  # an id in the address that is none
                raise BadRequest("an address of the console cannot be read") from error
            response.headers.setdefault("Content-Security-Policy", POLICY)
            return response

        return cast(_View, guarded)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return super().index(
            request, {**(extra_context or {}), **overview(request), **upcoming(request)}
        )

    def search(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,
    ) -> TemplateResponse:
        if found := found_by_code(request, request.GET.get("s", "")):
            return TemplateResponse(
                request, "unfold/helpers/search_results.html", {"results": found}
            )
        try:
            return super().search(request, extra_context)
        except (ValueError, InvalidPage) as error:
            raise BadRequest("there is no such page of results") from error

    def login(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """There is no password page: strangers go to the doors, others are told what they lack."""
        wanted = request.GET.get("next") or reverse("admin:index")
        if not request.user.is_authenticated:
            return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'return_to': wanted})}")
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        page = NoAccessPage(place=gettext("the console"), roles=_staff_role(), return_to=wanted)
        return render(request, page, status=403)

    def logout(  # type: ignore[override]  # Django's own page says "logged out" here
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """The same form, sent on to the one place that signs out."""
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:index"))
        return HttpResponseRedirect(reverse("sign-out"), status=307)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The overview speaks the words of the rail, in its order, not of packages."""
        apps: list[dict[str, Any]] = super().get_app_list(request, app_label)
        if app_label is not None or not apps:
            return apps
        found = {entry["model"]: entry for app in apps for entry in app["models"]}
        models = [
            {**found[model], "name": title, "admin_url": self._leads(model)}
            for title, _icon, model in self.rail
            if not isinstance(model, Place) and model in found
        ]
        return [{**apps[0], "name": gettext("What stands here"), "models": models}]

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [{"items": [self._rail_item(request, *entry) for entry in self.rail]}]

    def _rail_item(
        self, request: HttpRequest, title: Text, icon: str, what: type[Model] | Place
    ) -> dict[str, Any]:
        if isinstance(what, Place):
            link = listed = reverse(what.url_name)
            allowed = request.user.has_perm(what.permission)
        else:
            link, listed = self._leads(what), self._listed(what)
            allowed = self._registry[what].has_view_permission(request)
        return {
            "title": title,
            "icon": icon,
            "link": link,
            "active": request.path.startswith((link, listed)),
            "has_permission": allowed,
        }

    def _leads(self, model: type[Model]) -> str:
        """Where the noun leads."""
        return reverse(self.desks[model]) if model in self.desks else self._listed(model)

    def _listed(self, model: type[Model]) -> str:
        """All rows of it."""
        opts = self._registry[model].opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")

    def extra_context(self, context: dict[str, Any], _request: HttpRequest) -> dict[str, Any]:
        """What unfold would otherwise take from settings of its own."""
        company = config().branding
        context["site_title"] = f"{gettext('Console')} · {company.name}"
        context["site_header"] = company.name
        context["site_symbol"] = "door_open"
        context["site_url"] = ""
        context["account_links"] = [{"title": gettext("Your page"), "link": reverse("my-page")}]
        context["show_history"] = False
        context["sidebar_show_search"] = True
        context["colors"] = {**context["colors"], "primary": _ramp(company.accent)}
        icon = Favicon(href=static("icon.svg"), rel="icon", type="image/svg+xml")
        context["site_favicons"] = [icon]
        context["styles"] = [static(f"{name}.css") for name in ("console", "connecting", "mapping")]
        return context


def _staff_role() -> tuple[MissingRole, ...]:
    name = config().staff_role
    info = RoleInfo.objects.filter(role__name=name).first() if name else None
    if info:
        return (MissingRole(label=info.label, whom_to_ask=info.whom_to_ask),)
    return (MissingRole(label=name),) if name else ()


def _ramp(accent: str) -> dict[str, str]:
    """Unfold's eleven shades; it writes in 600 by day, in 500 by night, and in white on 600."""
    colours = palette(accent)
    lighter = {"50": 0.94, "100": 0.88, "200": 0.75, "300": 0.55}
    darker = {"700": 0.15, "800": 0.3, "900": 0.45, "950": 0.65}
    return {
        **{name: mixed(colours.light, "#ffffff", share) for name, share in lighter.items()},
        "400": mixed(colours.dark, "#ffffff", 0.2),
        "500": colours.dark,
        "600": colours.light,
        **{name: mixed(colours.light, "#000000", share) for name, share in darker.items()},
    }
