"""The addresses of SCIM, all below that of a connection. No cookie writes here, so no form does."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from gateway.scim import bulk, discovery, everything, me, resources
from gateway.scim.endpoint import Endpoint

_VIEWS: dict[str, type[Endpoint]] = {
    "ServiceProviderConfig": discovery.ServiceProviderConfig,
    "Schemas": discovery.Schemas,
    "Schemas/<str:name>": discovery.Schemas,
    "ResourceTypes": discovery.ResourceTypes,
    "ResourceTypes/<str:name>": discovery.ResourceTypes,
    "Users": resources.Users,
    "Users/.search": resources.UserSearch,
    "Users/<str:pk>": resources.User,
    "Groups": resources.Groups,
    "Groups/.search": resources.GroupSearch,
    "Groups/<str:pk>": resources.Group,
    "Bulk": bulk.Bulk,
    ".search": everything.Everything,
    "Me": me.Me,
}


def _open(view: type[Endpoint]) -> Callable[..., HttpResponseBase]:
    return csrf_exempt(view.as_view())


urlpatterns = [
    path(f"scim/v2/<slug:connection>/{place}", _open(view)) for place, view in _VIEWS.items()
]
