"""Starting and ending the demo as a person does, in a folder and on ports of its own."""

import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.demo.addresses import Addresses
from deploy.demo.ports import busy
from deploy.programs import LEASH, ROOT

UP = "Ctrl-C stops everything."
START_SECONDS = 600.0  # of a machine that does much else
END_SECONDS = 60.0


@dataclass(kw_only=True)
class Demo:
    addresses: Addresses
    folder: Path
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def password(self) -> str:
        """Everybody's at Keycloak."""
        return (self.folder / "credentials" / "people-password").read_text()

    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, words: str, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def send(self, number: signal.Signals) -> int:
        """Its exit code after this signal."""
        self.process.send_signal(number)
        return self.process.wait(timeout=END_SECONDS)


def start(folder: Path, addresses: Addresses, *settings: str) -> Demo:
    folder.mkdir(exist_ok=True)
    output = folder / "said.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [
                *(sys.executable, str(LEASH), str(psutil.Process().pid)),
                *(sys.executable, "-u", "-m", "deploy.demo"),
                *("--port", str(addresses.base), "--folder", str(folder)),
                *(f"--setting={one}" for one in settings),
            ],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Demo(addresses=addresses, folder=folder, process=process, output=output)


def free_addresses() -> Addresses:
    """Ports that nobody has, below those that the kernel gives away."""
    while True:
        found = Addresses(base=random.randrange(20_000, 31_000, 100))
        if not busy(found.ports()):
            return found


def survivors(family: list[psutil.Process]) -> list[str]:
    """Who of them is still there after a while."""
    _, alive = psutil.wait_procs(family, timeout=END_SECONDS)
    return [" ".join(process.cmdline()) for process in alive]
