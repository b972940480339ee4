"""The paths of people's pages, which `gateway.urls` takes in."""

from django.urls import path

from gateway.console import end_dates
from gateway.console.people import doing, listing, reports, taking
from gateway.console.site import console

_OF_ONE = "console/people/<uuid:pk>"
_VIEWS = (
    ("console/people/", listing.page, "people"),
    ("console/people/export/", taking.found, "people-export"),
    ("console/people/reports/<slug:kind>/", reports.page, "people-report"),
    ("console/people/reports/<slug:kind>/export/", reports.take, "people-report-export"),
    (f"{_OF_ONE}/end-date/", end_dates.page, "end-date"),
    (f"{_OF_ONE}/timeline/", doing.life, "person-timeline"),
    (f"{_OF_ONE}/identities/<int:identity>/unlink/", doing.unlink, "person-unlink"),
    (f"{_OF_ONE}/roles/give/", doing.give, "person-give"),
    (f"{_OF_ONE}/roles/<int:held>/take/", doing.take, "person-take"),
)
urlpatterns = [path(at, console.admin_view(view), name=name) for at, view, name in _VIEWS]
