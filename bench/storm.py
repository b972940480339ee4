"""Monday, nine o'clock: 500 people sign in at once through one gateway.

A gateway of as many processes as there are cores, with four threads each, as `docs/operate.md`
says to start it; PostgreSQL, Valkey, and a provider that really signs, in a process of its own.
Everybody is new, and walks the whole way with a connection of her own: the page that names the
providers, off to the provider, back with its answer, until her browser holds a session cookie.
Nobody may be lost; nobody tries twice. How long each waits goes from the first request to the
cookie.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.login import configure, saml_provider
from bench.marks import Figure, report
from bench.world import HOST, cpu_seconds, gateway, process, world
from gateway.sessions.cookie import NAME

PEOPLE = 500
PATIENCE = 120.0  # seconds, as a person would never have


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    location: str
    cookies: dict[str, str]
    body: str


class Connection:
    """Kept open from one request to the next, as a browser's."""

    def __init__(self, host: str, port: int, named: str) -> None:
        self.host, self.port, self.named = host, port, named
        self.writer: asyncio.StreamWriter | None = None

    async def get(self, url: str, address: str, cookie: str = "") -> Answer:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent = f"Cookie: {cookie}\r\n" if cookie else ""
        self.writer.write(
            f"GET {target} HTTP/1.1\r\nHost: {self.named}\r\nX-Forwarded-For: {address}\r\n"
            f"Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n{sent}\r\n".encode()
        )
        return await self._answer()

    async def _answer(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line.partition(": ")[::2] for line in head.split("\r\n")[1:]]
        named = {name.lower(): value for name, value in lines}
        body = b""
        if named.get("transfer-encoding") == "chunked":
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readuntil(b"\r\n")
        else:
            body = await self.reader.readexactly(int(named.get("content-length", 0)))
        pairs = [v.partition(";")[0].strip() for name, v in lines if name.lower() == "set-cookie"]
        if named.get("connection") == "close" and self.writer is not None:
            self.writer.close()
            self.writer = None
        return Answer(
            status=int(head[9:12]),
            location=named.get("location", ""),
            cookies=dict(pair.partition("=")[::2] for pair in pairs),
            body=body.decode("utf-8", "replace"),
        )


async def signed_in(port: int, provider: str, number: int, begin: asyncio.Event) -> float:
    """Seconds until the cookie was there. Raises whatever went wrong."""
    address = f"198.18.{number // 250}.{number % 250 + 1}"
    ours = Connection("127.0.0.1", port, HOST)
    at = urlsplit(provider)
    theirs = Connection(at.hostname or "", at.port or 80, at.netloc)
    await begin.wait()
    begun = time.perf_counter()
    doors = await ours.get("/sign-in", address)
    door = re.search(r'href="(/sign-in/corp-oidc[^"]*)"', doors.body)
    assert door, (doors.status, doors.location, doors.body[:2000])
    away = await ours.get(door[1].replace("&amp;", "&"), address)
    assert away.status == 302, (away.status, away.body[:2000])
    pending = "; ".join(f"{name}={value}" for name, value in away.cookies.items() if value)
    back = await theirs.get(f"{away.location}&person=person-{number:04}", address)
    done = await ours.get(back.location, address, pending)
    took = time.perf_counter() - begun
    assert done.status == 303, (done.status, done.body[:2000])
    assert done.cookies.get(NAME), done.cookies
    return took


async def storm(port: int, provider: str) -> tuple[list[float], list[BaseException], float]:
    """How long each waited; what went wrong for whom; and the seconds that it took in all."""
    begin = asyncio.Event()
    people = [
        asyncio.create_task(
            asyncio.wait_for(signed_in(port, provider, number, begin), timeout=PATIENCE)
        )
        for number in range(PEOPLE)
    ]
    await asyncio.sleep(0.1)
    begun = time.perf_counter()
    begin.set()
    came = await asyncio.gather(*people, return_exceptions=True)
    took = time.perf_counter() - begun
    waits = sorted(one for one in came if isinstance(one, float))
    return waits, [one for one in came if isinstance(one, BaseException)], took


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
            ready = oidc.stdout.readline()
            configure(made, ready, metadata)
            issuer = re.search(r'"issuer": "([^"]+)"', ready)
            assert issuer
            with gateway(made, workers=os.cpu_count() or 1) as (port, pid):
                before = cpu_seconds(pid)
                waits, wrong, took = asyncio.run(storm(port, issuer[1]))
                cpu = (cpu_seconds(pid) - before) / PEOPLE * 1000
    assert waits, wrong[0]
    for each in wrong[:3]:
        print(f"lost: {type(each).__name__} {each}")
    report(
        [
            Figure(key="people", words="people at once", seen=PEOPLE),
            Figure(key="lost", words="lost", seen=len(wrong), mark=0),
            _s("p50_s", "signed in, half, within", waits[len(waits) // 2]),
            _s("p99_s", "signed in, 99 of 100, within", waits[int(len(waits) * 0.99)]),
            _s("all_s", "signed in, all, within", took),
            Figure(key="per_s", words="signed in a second", seen=len(waits) / took),
            Figure(key="cpu_ms", words="CPU of the gateway, each", seen=cpu, unit="ms"),
        ]
    )


def _s(key: str, words: str, seen: float) -> Figure:
    return Figure(key=key, words=words, seen=seen, unit="s")


if __name__ == "__main__":
    main()
