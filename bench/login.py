"""What a sign-in costs: logins per second and CPU per login, over OIDC and SAML.

One gateway process, PostgreSQL, Valkey; a provider beside it that really signs, in a process of its
own; 1,000 known people with 20 groups each. A login is both legs: the redirect to the provider and
the answer that comes back. CPU is the gateway process's alone.

Not gated. The mark to beat: Keycloak's own broker at 5.5 ms CPU per OIDC and 8.2 ms per SAML login
once it is warm (20,000 logins), 33 ms before it has seen 3,000.
"""

import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.world import HOST, World, cpu_seconds, free_port, gateway, process, wait_for, world
from providers.saml.keys import make_service_key

PEOPLE = 1000
CLIENTS = 4
SECONDS = 20.0
CONFIGURATION = """
providers:
  - slug: corp-oidc
    name: Corp
    protocol: oidc
    dialect: plain
    settings:
      issuer: {issuer}
      client_id: {client_id}
      signing_algorithms: [ES256]
      allowed_networks: ["127.0.0.0/8"]
    secrets: {{client_secret: "file:client-secret"}}
  - slug: corp-saml
    name: Corp (SAML)
    protocol: saml
    dialect: keycloak
    metadata: file:idp-metadata.xml
    settings: {{signed: both}}
    secrets: {{sp_private_key: "file:sp-key.pem", sp_certificate: "file:sp-certificate.pem"}}
roles:
  - {{name: member, label: Member}}
  - {{name: deployer, label: Deployer}}
rules:
  - {{id: members, roles: [member], when: {{any: [{{claim: groups, glob: "/department-*"}},
      {{claim: groups, glob: "/engineering/*"}}]}}}}
  - {{id: deployers, roles: [deployer], when: {{claim: groups, equals: /department-07}}}}
"""


class Unavailable(Exception):
    """The gateway cannot say just now: 503, and nobody is signed in."""


class Client:
    """One browser after another: no cookie outlives its login.

    Raises `Unavailable` where the gateway says that it is.
    """

    def __init__(self, gateway: int) -> None:
        self.gateway = HTTPConnection("127.0.0.1", gateway)
        self.provider: HTTPConnection | None = None
        self.number = itertools.count()

    def close(self) -> None:
        self.gateway.close()
        if self.provider is not None:
            self.provider.close()

    def _ask(
        self, connection: HTTPConnection, method: str, url: str, body: str = "", cookie: str = ""
    ) -> tuple[int, dict[str, str], str]:
        parts = urlsplit(url)
        number = next(self.number)
        headers = {
            "X-Forwarded-For": f"198.18.{number // 250 % 250}.{number % 250}",
            "Cookie": cookie,
            **({"Host": HOST} if connection is self.gateway else {}),
            **({"Content-Type": "application/x-www-form-urlencoded"} if body else {}),
        }
        connection.request(method, f"{parts.path}?{parts.query}", body or None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise Unavailable(text[:2000])
        pending = next(
            (
                value.partition(";")[0]
                for name, value in answer.getheaders()
                if name.lower() == "set-cookie" and "gatehouse-login." in value
            ),
            "",
        )
        return (
            answer.status,
            {"location": answer.getheader("Location", ""), "pending": pending},
            text,
        )

    def _leave(self, slug: str, person: str) -> tuple[str, dict[str, str], str]:
        status, headers, text = self._ask(self.gateway, "GET", f"/sign-in/{slug}")
        assert status == 302, (status, text[:2000])
        away = f"{headers['location']}&person={person}"
        if self.provider is None:
            self.provider = HTTPConnection(urlsplit(away).netloc)
        _, answered, page = self._ask(self.provider, "GET", away)
        return headers["pending"], answered, page

    def ask(self, method: str, path: str, body: str = "", cookie: str = "") -> int:
        """One request to the gateway; the status of its answer."""
        return self._ask(self.gateway, method, path, body, cookie)[0]

    def begun(self, slug: str, person: str) -> tuple[str, str]:
        """A sign-in as it leaves: the cookie that waits for the answer, and its state."""
        _, headers, _ = self._ask(self.gateway, "GET", f"/sign-in/{slug}?login_hint={person}")
        query = parse_qs(urlsplit(headers["location"]).query)
        return headers["pending"], query.get("state", query.get("RelayState", [""]))[0]

    def answered(self, slug: str, person: str) -> tuple[str, str]:
        """The same cookie, and the page by which the provider answers."""
        pending, _, page = self._leave(slug, person)
        return pending, page

    def oidc(self, number: int) -> None:
        pending, answered, _ = self._leave("corp-oidc", f"person-{number:04}")
        done = self._ask(self.gateway, "GET", answered["location"], cookie=pending)
        assert done[0] == 303, done[2][:2000]

    def saml(self, number: int) -> None:
        pending, _, page = self._leave("corp-saml", f"p{number + 1:04}")
        form = dict(re.findall(r'name=(\w+) value="([^"]*)"', page))
        body = urlencode(form)
        done = self._ask(self.gateway, "POST", "/saml/corp-saml/acs", body, pending)
        assert done[0] == 303, done[2][:2000]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    per_second: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    logins: int


def measure(gateway: int, pid: int, login: Callable[[Client, int], None]) -> Figures:
    numbers: Iterator[int] = itertools.count()
    times: list[float] = []

    def browse(until: float | None) -> None:
        client = Client(gateway)
        while (number := next(numbers)) < PEOPLE if until is None else time.monotonic() < until:
            begun = time.perf_counter()
            login(client, (number if until is None else next(numbers)) % PEOPLE)
            times.append(time.perf_counter() - begun)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(browse, [None] * CLIENTS))  # everybody becomes known
        times.clear()
        cpu, begun = cpu_seconds(pid), time.monotonic()
        list(pool.map(browse, [begun + SECONDS] * CLIENTS))
    spent, took = cpu_seconds(pid) - cpu, time.monotonic() - begun
    times.sort()
    return Figures(
        per_second=len(times) / took,
        cpu_ms=spent / len(times) * 1000,
        p50_ms=times[len(times) // 2] * 1000,
        p99_ms=times[int(len(times) * 0.99)] * 1000,
        logins=len(times),
    )


def configure(made: World, ready: str, metadata: bytes) -> None:
    told = json.loads(ready)
    (made.home / "client-secret").write_text(told["client_secret"])
    (made.home / "idp-metadata.xml").write_bytes(metadata)
    text = CONFIGURATION.format(issuer=told["issuer"], client_id=told["client_id"])
    (made.home / "bench.yaml").write_text(text)
    made.manage("apply", str(made.home / "bench.yaml"))


@contextmanager
def saml_provider(home: Path) -> Iterator[bytes]:
    """The fake in a process of its own, which encrypts to us; its metadata."""
    key, certificate = make_service_key("gateway", datetime.now(UTC))
    (home / "sp-key.pem").write_text(key)
    (home / "sp-certificate.pem").write_text(certificate)
    port = free_port()
    with process(
        *(sys.executable, "-m", "tests.fakes.saml_provider", "--port", str(port)),
        *("--service-certificate", str(home / "sp-certificate.pem")),
    ):
        wait_for(port)
        idp = HTTPConnection("127.0.0.1", port)
        idp.request("GET", "/metadata")
        metadata = idp.getresponse().read()
        idp.close()
        yield metadata


def main() -> None:
    fake = (sys.executable, "-m", "tests.fakes.oidc_provider")
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        home = Path(folder)
        with (
            world(home) as made,
            process(*fake, stdout=subprocess.PIPE) as oidc,
            saml_provider(home) as metadata,
        ):
            assert oidc.stdout is not None
            configure(made, oidc.stdout.readline(), metadata)
            with gateway(made) as (port, pid):
                oidc_figures = measure(port, pid, Client.oidc)
                saml_figures = measure(port, pid, Client.saml)
    print(f"{'':6}{'logins':>8}{'per second':>12}{'CPU ms':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for name, got in (("OIDC", oidc_figures), ("SAML", saml_figures)):
        print(
            f"{name:6}{got.logins:>8}{got.per_second:>12.1f}{got.cpu_ms:>9.2f}"
            f"{got.p50_ms:>9.1f}{got.p99_ms:>9.1f}"
        )
    print(
        json.dumps(
            {
                "oidc_cpu_ms": round(oidc_figures.cpu_ms, 3),
                "saml_cpu_ms": round(saml_figures.cpu_ms, 3),
                "oidc_per_s": round(oidc_figures.per_second, 1),
                "saml_per_s": round(saml_figures.per_second, 1),
                "saml_to_oidc": round(saml_figures.cpu_ms / oidc_figures.cpu_ms, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
