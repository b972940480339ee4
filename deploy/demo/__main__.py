"""`python -m deploy.demo`: what `make demo` runs."""

import argparse
import sys
from pathlib import Path

from deploy import credentials
from deploy.demo import words
from deploy.demo.addresses import DEFAULT_BASE, HIGHEST_BASE, LOWEST_BASE, Addresses
from deploy.demo.supervisor import DemoRunning, PortsTaken, Supervisor
from deploy.keycloak.distribution import KeycloakUnavailable
from deploy.programs import ROOT, ProgramFailed


def main() -> int:
    options = _options()
    words.say("Gatehouse demo")
    try:
        addresses, settings = Addresses(base=options.port), dict(options.settings)
        Supervisor(folder=options.folder, addresses=addresses, settings=settings).run()
    except DemoRunning as error:
        password = credentials.ensure(options.folder / "credentials").people_password
        words.say(f"{error}\n{words.ready(error.addresses, password)}")
    except KeyboardInterrupt:
        words.say("The demo has ended. Nothing is left running.")
    except (PortsTaken, ProgramFailed, KeycloakUnavailable) as error:
        words.say(f"\n{error}")
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "--port",
        type=_base_port,
        default=DEFAULT_BASE,
        help="the public port; the other ports are counted from it",
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo", help="where it keeps things")
    parser.add_argument(
        "--setting",
        type=_setting,
        action="append",
        default=[],
        dest="settings",
        metavar="GATEHOUSE_NAME=VALUE",
        help="one more setting of the gateway; may be given more than once",
    )
    return parser.parse_args()


def _base_port(text: str) -> int:
    port = int(text)
    if not LOWEST_BASE <= port <= HIGHEST_BASE:
        raise argparse.ArgumentTypeError(f"{port} is not between {LOWEST_BASE} and {HIGHEST_BASE}")
    return port


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name.startswith("GATEHOUSE_") or not equals:
        raise argparse.ArgumentTypeError(f"{text} is not GATEHOUSE_NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
