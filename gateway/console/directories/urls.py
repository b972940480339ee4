"""The paths of directories, which `gateway.urls` takes in."""

from django.urls import path

from gateway.console.directories import views
from gateway.console.site import console

_VIEWS = (
    ("console/directories/", views.page, "directories"),
    ("console/directories/connect/<slug:kind>/", views.connect, "directory-connect"),
    ("console/directories/<slug:slug>/", views.directory, "directory"),
    ("console/directories/<slug:slug>/settings/", views.edit, "directory-edit"),
    ("console/directories/<slug:slug>/<slug:verb>/", views.decide, "directory-decide"),
    ("console/directories/<slug:slug>/runs/<int:pk>/", views.run, "directory-run"),
    ("console/directories/<slug:slug>/runs/<int:pk>/<slug:verb>/", views.judge, "directory-judge"),
)
urlpatterns = [path(at, console.admin_view(view), name=name) for at, view, name in _VIEWS]
