"""Starting, watching and stopping other programs so that none of them is left behind.

Every program leads a process group of its own: a Ctrl-C in the terminal reaches the supervisor
alone, and a stop reaches whatever the program has started. On Linux a program also dies with the
one who started it (`leash.py`), so that not even `kill -9` leaves anything.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEASH = Path(__file__).with_name("leash.py")
STOP_SECONDS = 10.0
POLL_SECONDS = 0.1
_LAST_LINES = 15
# What the surrounding shell may hold for another gateway, another Keycloak, another Java.
_FOREIGN = ("GATEHOUSE_", "DJANGO_", "KC_", "JAVA_OPTS", "JDK_JAVA_OPTIONS")


class ProgramFailed(Exception):
    """A program ended by itself or was not ready in time. The text ends with its last words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program as it is to be started."""

    name: str  # as people read it
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    program: Program
    process: subprocess.Popen[bytes]


def start(program: Program) -> Running:
    """Starts it in the project's folder with its output in its log."""
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-IS", str(LEASH), str(os.getpid()), *program.command],
            cwd=ROOT,
            env=clean_environment() | dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(program=program, process=process)


def clean_environment() -> dict[str, str]:
    """The environment of this process without what would steer the programs elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | {"PYTHONUNBUFFERED": "1"}


def wait_until(ready: Callable[[], bool], running: Running, seconds: float) -> None:
    """Raises ProgramFailed when the program ends first or the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if running.process.poll() is not None:
            raise ProgramFailed(ending(running))
        if time.monotonic() > deadline:
            raise ProgramFailed(
                f"{running.program.name} was not ready after {seconds:.0f} s.\n"
                + last_lines(running.program.log)
            )
        time.sleep(POLL_SECONDS)


def run(program: Program, seconds: float) -> None:
    """Runs it to its end. Raises ProgramFailed when that is not a good one."""
    running = start(program)
    try:
        wait_until(lambda: running.process.poll() == 0, running, seconds)
    finally:
        stop([running])


def ending(running: Running) -> str:
    code = running.process.poll()
    return f"{running.program.name} ended with code {code}.\n{last_lines(running.program.log)}"


def last_lines(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
    return "\n".join([f"The end of {log}:", *(f"    {line}" for line in lines)])


def stop(programs: Sequence[Running]) -> None:
    """Ends them in the order given: asks first, and takes after `STOP_SECONDS` what is left."""
    for running in programs:
        _signal(running, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for running in programs:
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        _signal(running, signal.SIGKILL)  # the whole group, whoever is still in it
        running.process.wait()


def _signal(running: Running, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.process.pid, number)


def answers(port: int, path: str, host: str = "", status: int = http.HTTPStatus.OK) -> bool:
    """Whether this status comes from `path` on the loopback address, asked by the name `host`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}"})
        return connection.getresponse().status == status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
