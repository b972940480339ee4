"""The addresses of access reviews."""

from django.urls import path

from gateway.console.reviews import views
from gateway.console.site import console

_ONE = "console/reviews/<uuid:pk>"
_VIEWS = (
    ("console/reviews/", views.listing, "reviews"),
    ("console/reviews/begin/", views.begin, "review-begin"),
    (f"{_ONE}/", views.page, "review"),
    (f"{_ONE}/decide/", views.decide, "review-decide"),
    (f"{_ONE}/close/", views.close, "review-close"),
    (f"{_ONE}/hand-on/", views.hand_on, "review-hand-on"),
    (f"{_ONE}/evidence/", views.evidence, "review-evidence"),
)
urlpatterns = [path(at, console.admin_view(view), name=name) for at, view, name in _VIEWS]
