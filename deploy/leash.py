"""Become another program that dies with its parent: `python leash.py PARENT_PID COMMAND...`.

The kernel sends SIGTERM when the parent is gone, however it went (Linux, prctl(2),
PR_SET_PDEATHSIG; it survives execve(2)). Elsewhere the program is merely started.
A file of its own, run by path and importing little, because it stands before every start.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before the call: nobody will tell us any more
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 -- the whole purpose


if __name__ == "__main__":
    main()
