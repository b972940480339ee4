"""oauth2-proxy with its Redis store, beside us: built by Go where there is a Go, and signed in to.

Its people come in by its own callback, from a provider that really signs, so that its cookies and
its sessions in Redis are what it makes of them. Set up as its documentation tells for nginx's
`auth_request` and Redis; it writes no log of requests, as our edge does not.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench.world import free_port, process, wait_for
from tests.fakes.oidc_people import crowd
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, oidc_provider

MODULE = "github.com/oauth2-proxy/oauth2-proxy/v7@v7.6.0"
BUILT = Path.home() / ".cache" / "gatehouse-bench"
CHECK = "/oauth2/auth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    port: int
    pid: int
    cookies: list[str]  # of everybody who is signed in


def program() -> Path | None:
    """The program, built if need be; None where it cannot be."""
    place = BUILT / "oauth2-proxy"
    if place.exists():
        return place
    go = shutil.which("go", path=f"{os.environ['PATH']}:/usr/local/go/bin")
    if go is None:
        print("There is no Go here: oauth2-proxy is not measured.")
        return None
    BUILT.mkdir(parents=True, exist_ok=True)
    print(f"Building {MODULE} into {BUILT}, once.", flush=True)
    built = subprocess.run(
        (go, "install", MODULE),
        env=os.environ | {"GOBIN": str(BUILT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        print(f"Go could not build it, so oauth2-proxy is not measured:\n{built.stderr[-500:]}")
        return None
    return place


@contextmanager
def oauth2_proxy(place: Path, redis_url: str, host: str, people: int) -> Iterator[Running]:
    port = free_port()
    with oidc_provider() as provider:
        provider.people = crowd(people, 20)
        options = {
            "http-address": f"127.0.0.1:{port}",
            "reverse-proxy": "true",
            "provider": "oidc",
            "oidc-issuer-url": provider.issuer,
            "client-id": CLIENT_ID,
            "client-secret": CLIENT_SECRET,
            "code-challenge-method": "S256",
            "insecure-oidc-skip-nonce": "false",
            "redirect-url": f"http://{host}/oauth2/callback",
            "cookie-secret": "0123456789abcdef0123456789abcdef",
            "cookie-secure": "false",
            "email-domain": "*",
            "session-store-type": "redis",
            "redis-connection-url": redis_url,
            "set-xauthrequest": "true",
            "skip-provider-button": "true",
            "upstream": "static://202",
            "request-logging": "false",
            "auth-logging": "false",
            "standard-logging": "false",
        }
        command = (str(place), *(f"--{name}={value}" for name, value in options.items()))
        with process(*command) as running:
            wait_for(port)
            provider_at = HTTPConnection(urlsplit(provider.issuer).netloc)
            ours = HTTPConnection("127.0.0.1", port)
            cookies = [_signed_in(ours, provider_at, name, host) for name in provider.people]
            yield Running(port=port, pid=running.pid, cookies=cookies)


def _signed_in(ours: HTTPConnection, provider: HTTPConnection, person: str, host: str) -> str:
    """The session cookie with which somebody comes back."""
    away, pending = _redirected(ours, "/oauth2/start?rd=/", {"Host": host})
    back, _ = _redirected(provider, f"{_target(away)}&person={person}", {})
    _, session = _redirected(ours, _target(back), {"Host": host, "Cookie": pending})
    [cookie] = [pair for pair in session.split("; ") if pair.startswith("_oauth2_proxy=")]
    return cookie


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def _redirected(
    connection: HTTPConnection, target: str, headers: dict[str, str]
) -> tuple[str, str]:
    """Where to, and with which cookies."""
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 302, (answer.status, body[:2000])
    set_cookies = answer.msg.get_all("Set-Cookie", [])
    return answer.msg["Location"], "; ".join(set_.partition(";")[0] for set_ in set_cookies)
