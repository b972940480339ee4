"""Keycloak's own distribution: fetched once into a cache folder, checked, unpacked and built.

Every step ends in a rename, so whoever is interrupted finds either nothing or the whole.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver

from deploy.keycloak.server import java_command
from deploy.programs import Program, run

VERSION = "26.7.3"
SHA256 = "77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47"
BUILD = ("build", "--db=dev-file", "--health-enabled=true")
BUILD_SECONDS = 600.0
_MEGABYTE = 1_000_000
_BAR = 30


class KeycloakUnavailable(Exception):
    """Keycloak could not be fetched. The text says what to do."""


def cache_folder() -> Path:
    """GATEHOUSE_CACHE, else a folder in the user's cache."""
    return Path(os.environ.get("GATEHOUSE_CACHE") or Path.home() / ".cache" / "gatehouse")


def prepare(
    cache: Path, java: Path, say: Callable[[str], None], features: tuple[str, ...] = ()
) -> Path:
    """The folder of a built Keycloak, with these of its features switched on besides the usual.
    Raises KeycloakUnavailable or ProgramFailed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / "-".join((f"keycloak-{VERSION}", *features))
    with alone(cache / "keycloak.lock"):
        if not home.exists():
            say(f"Keycloak {VERSION} is fetched once, 176 MB, into {cache}")
            archive = _fetch(cache)
            say("Keycloak is unpacked and built, about half a minute, once")
            _unpack_and_build(archive, home, java, features)
    return home


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """One process at a time; the kernel lets go when its holder dies."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(cache: Path) -> Path:
    """The archive from the cache, or fetched; half an archive there is fetched anew."""
    context = MavenContext(
        resolver=PythonResolver(progress_callback=_progress),
        repo_cache=cache / "maven",
        timeout=60,
    )
    component = context.project("org.keycloak", "keycloak-quarkus-dist").at_version(VERSION)
    artifact = component.artifact(packaging="tar.gz")
    for _ in range(2):
        try:
            archive = Path(artifact.resolve())
        except (OSError, RuntimeError) as error:
            raise KeycloakUnavailable(
                f"Keycloak could not be fetched ({type(error).__name__}: {error}). Is there a way"
                " to the Maven repository from here?"
            ) from error
        if _digest(archive) == SHA256:
            return archive
        archive.unlink()
    raise KeycloakUnavailable(
        f"What was fetched is not Keycloak {VERSION}: its SHA-256 is wrong. Something between here"
        " and the Maven repository changes files."
    )


@contextmanager
def _progress(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; in a log a line each quarter."""
    done, shown = 0, 0

    def update(count: int) -> None:
        nonlocal done, shown
        done += count
        percent = 100 * done // total
        if percent // (1 if sys.stdout.isatty() else 25) == shown:
            return
        shown = percent // (1 if sys.stdout.isatty() else 25)
        filled = _BAR * done // total
        bar = "#" * filled + "." * (_BAR - filled)
        start, end = ("\r", "") if sys.stdout.isatty() else ("", "\n")
        megabytes = f"{done // _MEGABYTE} of {total // _MEGABYTE} MB"
        print(f"{start}    {bar} {megabytes} of {name}", end=end, flush=True)

    yield update
    if sys.stdout.isatty():
        print()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpack_and_build(archive: Path, home: Path, java: Path, features: tuple[str, ...]) -> None:
    work = home.with_name(f"{home.name}.new")
    shutil.rmtree(work, ignore_errors=True)
    with tarfile.open(archive) as tar:
        # Python 3.12 asks for a filter; the earliest 3.11 know none.
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        tar.extractall(work)  # noqa: S202 -- its content is known by its SHA-256
    built = work / f"keycloak-{VERSION}"
    more = (f"--features={','.join(features)}",) if features else ()
    build = Program(
        name="Keycloak's build",
        command=java_command(java, built, (*BUILD, *more)),
        log=home.with_name("keycloak-build.log"),
    )
    run(build, BUILD_SECONDS)
    built.rename(home)
    shutil.rmtree(work)
