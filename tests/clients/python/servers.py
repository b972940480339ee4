"""The three kinds of app, each asked in the same words."""

import asyncio
import io
import json
from dataclasses import dataclass, field

from django.http import JsonResponse
from django.test import RequestFactory, override_settings

from gatehouse_client import django
from gatehouse_client.asgi import GatehouseASGI, person_of
from gatehouse_client.wsgi import GatehouseWSGI

BROWSER = (("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate"))


@dataclass
class Said:
    status: int
    headers: list = field(default_factory=list)
    body: bytes = b""

    def all(self, name):
        return [value for each, value in self.headers if each.lower() == name]

    def __getitem__(self, name):
        return ", ".join(self.all(name))

    @property
    def seen(self):
        """What the app itself saw, if it was asked."""
        return json.loads(self.body)


def told(person, headers, remote_user=None):
    """The app: who it thinks it is, and what it was told of her in headers."""
    heard = sorted(f"{name}={value}" for name, value in headers if "gatehouse" in name.lower())
    return {"account": person.account if person else None, "heard": heard, "remote": remote_user}


async def _asgi_app(scope, receive, send):
    pairs = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
    pairs = [pair for pair in pairs if pair[0] != "cookie"]
    body = json.dumps(told(person_of(scope), pairs)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]})
    await send({"type": "http.response.body", "body": body})


def asgi(gate, method, target, headers, body):
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in headers],
        "client": ("198.51.100.7", 4711),
    }
    said = Said(0)

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event):
        if event["type"] == "http.response.start":
            said.status = event["status"]
            said.headers = [(n.decode(), v.decode("latin-1")) for n, v in event["headers"]]
        else:
            said.body += event["body"]

    asyncio.run(GatehouseASGI(_asgi_app, gate)(scope, receive, send))
    return said


def environ_of(method, target, headers, body):
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "wiki.corp.example",
        "SERVER_PORT": "443",
        "REMOTE_ADDR": "198.51.100.7",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in headers:  # servers merge both spellings, and what comes twice
        key = f"HTTP_{name.upper().replace('-', '_')}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    return environ


def _heard(environ):
    return [
        (name, value)
        for name, value in environ.items()
        if name.startswith("HTTP_") and name != "HTTP_COOKIE"
    ]


def _wsgi_app(environ, start):
    start("200 OK", [("X-App", "1")])
    return [
        json.dumps(told(environ["gatehouse"], _heard(environ), environ.get("REMOTE_USER"))).encode()
    ]


def wsgi(gate, method, target, headers, body):
    said = Said(0)

    def start(status, given):
        said.status, said.headers = int(status.split()[0]), given

    parts = GatehouseWSGI(_wsgi_app, gate)(environ_of(method, target, headers, body), start)
    said.body = b"".join(parts)
    return said


def django_app(gate, method, target, headers, body):
    request = RequestFactory().generic(method, target, body)
    given = environ_of(method, target, headers, body)
    request.META.update({n: v for n, v in given.items() if not n.startswith("wsgi.")})

    def view(request):
        pairs = [pair for pair in request.headers.items() if pair[0] != "Cookie"]
        heard = [*pairs, *_heard(request.META)]
        return JsonResponse(told(request.gatehouse, heard, request.META.get("REMOTE_USER")))

    assert request.headers is not None  # another middleware before ours may have read them
    with override_settings(GATEHOUSE=gate):
        response = django.Middleware(view)(request)
    cookies = [("Set-Cookie", each.OutputString()) for each in response.cookies.values()]
    return Said(response.status_code, [*response.headers.items(), *cookies], response.content)


SERVERS = {"asgi": asgi, "wsgi": wsgi, "django": django_app}


def ask(kind, gate, target="/", *headers, method="GET", body=b""):
    return SERVERS[kind](gate, method, target, headers, body)
