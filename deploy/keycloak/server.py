"""The command that starts one Keycloak, and how to see that it is ready.

Java is started directly, not through `kc.sh`: the script stays between the server and whoever
stops it. The words of the command are those that kc.sh 26.7 puts together, with flags for a quick
start of one small server in place of those for a large one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.programs import Program, answers

START_SECONDS = 300.0  # a slow or busy machine; 6 to 25 is usual
_QUICK = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xms64m",
    "-Xmx384m",
    "-XX:MetaspaceSize=96M",
    "-XX:MaxMetaspaceSize=256m",
    "-XX:+ExitOnOutOfMemoryError",
)
_AS_KC_SH = (
    "-Dfile.encoding=UTF-8",
    (
        "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
        "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"
    ),
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-Duser.language=en",
    "-Duser.country=US",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Dpicocli.disable.closures=true",
    "-Dquarkus-log-max-startup-records=10000",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeycloakServer:
    """One server on the loopback address with a database of its own."""

    home: Path  # the built distribution
    java: Path
    port: int
    management_port: int
    database: Path  # a folder; one server at a time
    log: Path
    admin_password: str = field(repr=False)  # of `admin`, made in an empty database only
    realms: Path | None = None  # a folder of realm files, imported unless a realm is there already
    more: tuple[str, ...] = ()  # further options

    @property
    def url(self) -> str:
        """One spelling everywhere: the issuer in every token begins with it."""
        return f"http://localhost:{self.port}"

    def program(self) -> Program:
        return Program(
            name="Keycloak",
            command=java_command(self.java, self.home, self._options()),
            log=self.log,
            environment={
                "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
                "KC_BOOTSTRAP_ADMIN_PASSWORD": self.admin_password,
            },
        )

    def ready(self) -> bool:
        """The http port answers before the realms are there; the management port knows."""
        return answers(self.management_port, "/health/ready")

    def _options(self) -> tuple[str, ...]:
        database = f"jdbc:h2:file:{self.database / 'keycloak'};NON_KEYWORDS=VALUE"
        options = (
            "start",
            "--optimized",
            "--http-enabled=true",
            f"--hostname={self.url}",
            "--http-host=127.0.0.1",
            f"--http-port={self.port}",
            f"--http-management-port={self.management_port}",
            "--cache=local",
            f"--db-url={database};DB_CLOSE_ON_EXIT=FALSE",
            # Each look at a server that is not ready yet would be a line in its log.
            "--log-level=info,io.smallrye.health:warn",
            *self.more,
        )
        if self.realms is None:
            return options
        return (f"-Dkeycloak.migration.dir={self.realms}", *options, "--import-realm")


def java_command(java: Path, home: Path, options: Sequence[str]) -> tuple[str, ...]:
    """What kc.sh would run. `-D` options go to Java, the others to Keycloak."""
    properties = [option for option in options if option.startswith("-D")]
    arguments = [option for option in options if not option.startswith("-D")]
    return (
        str(java),
        *_QUICK,
        *_AS_KC_SH,
        f"-Dkc.home.dir={home}",
        f"-Djboss.server.config.dir={home / 'conf'}",
        *properties,
        "-cp",
        str(home / "lib" / "quarkus-run.jar"),
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
        *arguments,
    )
