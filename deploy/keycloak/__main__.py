"""`python -m deploy.keycloak`: one Keycloak with the realm `corp`, without the demo."""

import argparse
import signal
import sys
from pathlib import Path

from deploy import credentials, programs
from deploy.keycloak.distribution import KeycloakUnavailable, cache_folder, prepare
from deploy.keycloak.java import find_java
from deploy.keycloak.realm import RealmValues, fill
from deploy.keycloak.server import START_SECONDS, KeycloakServer
from deploy.programs import ROOT, ProgramFailed


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    known = credentials.ensure(options.folder / "credentials")
    realms = options.folder / "realms"
    realms.mkdir(exist_ok=True)
    realm = fill(
        RealmValues(
            gateway=options.gateway,
            people_password=known.people_password,
            oidc_client_secret=known.oidc_client_secret,
            saml_certificate=known.saml_certificate,
        )
    )
    (realms / "corp-realm.json").write_text(realm)
    try:
        _serve(options, known.people_password, realms)
    except KeyboardInterrupt:
        print("Keycloak has stopped.")
    except (KeycloakUnavailable, ProgramFailed) as error:
        print(error)
        return 1
    return 0


def _serve(options: argparse.Namespace, password: str, realms: Path) -> None:
    java = find_java()
    server = KeycloakServer(
        home=prepare(cache_folder(), java, print),
        java=java,
        port=options.port,
        management_port=options.port + 1,
        database=options.folder / "database",
        log=options.folder / "keycloak.log",
        admin_password=password,
        realms=realms,
    )
    running = programs.start(server.program())
    try:
        print(f"Keycloak starts; its log is {server.log}", flush=True)
        programs.wait_until(server.ready, running, START_SECONDS)
        print(f"Ready: {server.url}/realms/corp and {server.url}/admin/ (admin)")
        print(f"The password of everybody is {password}. Ctrl-C stops it.", flush=True)
        running.process.wait()
    finally:
        programs.stop([running])
    raise ProgramFailed(programs.ending(running))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.keycloak", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="management is one higher")
    parser.add_argument(
        "--gateway",
        default="http://gateway.corp.localhost:8000",
        help="the origin of the gateway that the realm's clients are made for",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / ".demo" / "keycloak-alone",
        help="where it keeps things",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
