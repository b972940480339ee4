"""What providers and strangers may cost: CPU per sign-in over OIDC and SAML, per hostile input, and
the fetches of many first sign-ins that come at once.

One gateway process as in `bench.login`; the OIDC provider stands in this process, so that it can
count. CPU is the gateway's alone, per input with the request that begins a sign-in where it needs
one. Not gated. Marks: SAML at most twice OIDC; one fetch of discovery and one of keys, however many
arrive; each hostile input less than a good sign-in of its protocol.
"""

import itertools
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import redis

from bench.hostile import OIDC, SAML
from bench.login import CLIENTS, PEOPLE, Client, configure, saml_provider
from bench.world import World, cpu_seconds, gateway, world
from tests.fakes.oidc_people import crowd
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, oidc_provider

SECONDS = 4.0  # of each measurement
WARM = 200  # sign-ins of each protocol before the first one
AT_ONCE = 32


def cost(port: int, pid: int, act: Callable[[Client, int], object]) -> float:
    """CPU in ms for each."""
    numbers: Iterator[int] = itertools.count()

    def run(until: float) -> int:
        client, count = Client(port), 0
        while time.monotonic() < until:
            act(client, next(numbers) % PEOPLE)
            count += 1
        return count

    with ThreadPoolExecutor(CLIENTS) as pool:
        before = cpu_seconds(pid)
        count = sum(pool.map(run, [time.monotonic() + SECONDS] * CLIENTS))
        return (cpu_seconds(pid) - before) / count * 1000


def refused(act: Callable[[Client, int], int]) -> Callable[[Client, int], None]:
    def checked(client: Client, number: int) -> None:
        status = act(client, number)
        assert 400 <= status < 500, status
        assert status != 429, "a limit was measured, not the input"

    return checked


def warm_up(port: int) -> None:
    for login in (Client.oidc, Client.saml):
        client = Client(port)
        for number in range(WARM):
            login(client, number)


def fetches(made: World, port: int, idp: OidcProvider) -> int:
    """How often discovery and keys were asked for, each, by many sign-ins without any copy."""
    with redis.Redis.from_url(made.environment["GATEHOUSE_REDIS_URL"]) as cache:
        for key in cache.scan_iter("gh:cache:oidc:*"):
            cache.delete(key)
    idp.lie.slow.update(discovery=0.3, keys=0.3)
    before, together = dict(idp.asked), threading.Barrier(AT_ONCE)

    def run(number: int) -> None:
        client = Client(port)
        together.wait()
        client.oidc(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(run, range(AT_ONCE)))
    idp.lie.slow.clear()
    return max(idp.asked[name] - before[name] for name in ("discovery", "keys"))


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder,
        world(Path(folder)) as made,
        oidc_provider(algorithm="ES256") as idp,
        saml_provider(Path(folder)) as metadata,
    ):
        idp.people |= crowd(PEOPLE, 20)
        ready = {"issuer": idp.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        configure(made, json.dumps(ready), metadata)
        with gateway(made) as (port, pid):
            warm_up(port)
            good = {"OIDC": cost(port, pid, Client.oidc), "SAML": cost(port, pid, Client.saml)}
            print(f"{'':44}{'CPU ms':>9}{'of a good one':>15}")
            worst = {}
            for protocol, inputs in (("OIDC", OIDC), ("SAML", SAML)):
                print(f"{protocol + ', a good sign-in':44}{good[protocol]:>9.2f}{1:>15.2f}")
                spent = {name: cost(port, pid, refused(act)) for name, act in inputs.items()}
                for name, each in spent.items():
                    print(f"{protocol + ', ' + name:44}{each:>9.2f}{each / good[protocol]:>15.2f}")
                worst[protocol] = max(spent.values()) / good[protocol]
            fetched = fetches(made, port, idp)
    print(f"{AT_ONCE} first sign-ins at once: {fetched} fetch")
    found = {
        "oidc_cpu_ms": round(good["OIDC"], 3),
        "saml_cpu_ms": round(good["SAML"], 3),
        "saml_to_oidc": round(good["SAML"] / good["OIDC"], 3),
        "hostile_oidc_worst": round(worst["OIDC"], 3),
        "hostile_saml_worst": round(worst["SAML"], 3),
        "cold_arrivals": AT_ONCE,
        "cold_fetches": fetched,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
