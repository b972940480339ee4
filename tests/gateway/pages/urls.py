"""The gateway's own paths, and one for each specimen."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from gateway import urls
from gateway.urls import handler400, handler403, handler404, handler500  # noqa: F401
from gateway.web.pages import render
from tests.gateway.pages.specimens import LEAVING, PAGES, edge_pages, hostile_pages


def specimen(request: HttpRequest, name: str) -> HttpResponse:
    if name in PAGES:
        page, status = PAGES[name]
        return render(request, page, status=status)
    if name == "leaving":
        return render(request, LEAVING)
    # As the edge answers: a page from the published routes, and this one header.
    answer = HttpResponse(edge_pages()[name], status=503 if name == "edge-unavailable" else 403)
    answer["Content-Security-Policy"] = "frame-ancestors 'none'"
    return answer


def hostile(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, hostile_pages()[name])


urlpatterns = [
    *urls.urlpatterns,
    path("specimen/<slug:name>", specimen),
    path("hostile/<slug:name>", hostile),
]
