"""Django and Django REST framework: who `request.user` is, and that writing takes a CSRF token."""

import json
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.middleware import AuthenticationMiddleware, RemoteUserMiddleware
from django.contrib.sessions.backends.cache import SessionStore
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import RequestFactory, override_settings
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from gatehouse_client import django
from gatehouse_client.drf import Authentication
from tests.clients.python.signed_in import cookie_of
from tests.gateway.sessions.people import ada

ADA = ada().account


class Whoami(APIView):
    authentication_classes = (Authentication,)
    permission_classes = (IsAuthenticated,)

    def get_exception_handler(self):
        return exception_handler  # an app has its own settings, which are not the gateway's

    def get(self, request):
        kind = type(request.user).__name__
        return Response(
            {"kind": kind, "pk": str(request.user.pk), "roles": list(request.auth.roles)}
        )

    post = get


@pytest.fixture
def gate(made_gate):
    return made_gate(public=("/public",))


def through(gate, view, request):
    with override_settings(GATEHOUSE=gate):
        response = django.Middleware(view)(request)
    if hasattr(response, "render"):
        response.render()
    return response


def asked(store, method="GET", path="/", **more):
    pair = cookie_of(store.start(ada()))
    if token := more.pop("csrf", None):
        pair = f"{pair}; {token}"
    return RequestFactory(enforce_csrf_checks=True).generic(method, path, HTTP_COOKIE=pair, **more)


def test_on_a_public_path_the_servers_own_remote_user_is_nobody(gate, store):
    def view(request):
        return HttpResponse(request.META.get("REMOTE_USER", "nobody"))

    assert (
        through(gate, view, asked(store, path="/public", REMOTE_USER="root")).content == b"nobody"
    )


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/\xfcber", b"", "/%C3%BCber"),
        ("/\u65e5\u672c", "q=\u65e5".encode(), "/%E6%97%A5%E6%9C%AC?q=%E6%97%A5"),
    ],
)
def test_under_asgi_any_letter_may_stand_in_an_address(gate, path, query, target):
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": [(b"sec-fetch-mode", b"navigate")],
    }
    response = through(gate, HttpResponse, ASGIRequest(scope, BytesIO()))
    assert response.status_code == 302
    assert parse_qs(urlsplit(response["Location"]).query)["to"] == [target]


def test_drf_knows_who_asks(gate, store):
    response = through(gate, Whoami.as_view(), asked(store))
    assert json.loads(response.content) == {"kind": "Visitor", "pk": ADA, "roles": ["deployer"]}


def test_on_a_public_path_drf_knows_nobody(gate, store):
    response = through(gate, Whoami.as_view(), asked(store, path="/public"))
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Cookie"


def test_writing_takes_the_csrf_token(gate, store):
    assert through(gate, Whoami.as_view(), asked(store, "POST")).status_code == 403
    request = RequestFactory().get("/")
    token = get_token(request)
    pair = f"{settings.CSRF_COOKIE_NAME}={request.META['CSRF_COOKIE']}"
    request = asked(store, "POST", csrf=pair, HTTP_X_CSRFTOKEN=token)
    assert through(gate, Whoami.as_view(), request).status_code == 200


class User:
    is_active = is_authenticated = True
    pk = 7

    def __init__(self, username):
        self.username = username

    def get_username(self):
        return self.username


@pytest.mark.parametrize(("username", "kind"), [(ADA, "User"), ("somebody-else", "Visitor")])
def test_a_user_that_django_knows_counts_only_if_it_is_she(gate, store, username, kind):
    def view(request):
        request.user = User(username)
        return Whoami.as_view()(request)

    assert json.loads(through(gate, view, asked(store)).content)["kind"] == kind


def test_without_the_middleware_drf_says_what_is_missing(store):
    with pytest.raises(ImproperlyConfigured, match="MIDDLEWARE"):
        Whoami.as_view()(asked(store))


@override_settings(GATEHOUSE=None)
def test_without_a_gate_django_does_not_start():
    with pytest.raises(ImproperlyConfigured, match=r"settings\.GATEHOUSE"):
        django.Middleware(lambda _: HttpResponse())


@pytest.mark.django_db
@override_settings(AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.RemoteUserBackend"])
def test_djangos_own_middleware_makes_her_the_user_by_account(gate, store):
    def view(request):
        return HttpResponse(request.user.get_username())

    def with_session(request):
        request.session = SessionStore()
        return AuthenticationMiddleware(RemoteUserMiddleware(view))(request)

    response = through(gate, with_session, asked(store, HTTP_REMOTE_USER="root"))
    assert response.content.decode() == ADA
    assert not get_user_model().objects.filter(username="root").exists()
