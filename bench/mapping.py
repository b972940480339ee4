"""What the rules cost: deciding one person, and looking at 100,000 before a change is live.

PostgreSQL and Valkey beside it, everybody made by `bench.company`; each figure in a process of
its own that has done nothing before (`bench.mapping_figures`). Deciding is by 1,000 rules on people
of 500 groups, beside a plain loop over the same rules and beside jmespath expressions that say the
same. The preview is the whole of it: reading and opening everybody, both versions, names, apps.
Publishing is from the call to the last gain in the last of 20,000 live sessions.
Not gated. Marks: decide under 1,000 us; the preview under 10 s; explain under 50 ms; publishing
under 60 s.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.world import World, world

FIGURES = ("decide", "preview", "explain", "publish")


def measured(made: World, name: str) -> dict[str, float]:
    """The figures of one function of `bench.mapping_figures`, in a new process."""
    return _run(made, f"from bench.mapping_figures import {name}; {name}()")


def seeded(made: World) -> float:
    """In seconds."""
    begun = time.monotonic()
    _run(made, "from bench.company import seed; seed(); print('{}')")
    return time.monotonic() - begun


def _run(made: World, code: str) -> dict[str, float]:
    told = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code],
        env=dict(made.environment),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    figures: dict[str, float] = json.loads(told.splitlines()[-1])
    return figures


def main() -> None:
    figures: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder,
        world(Path(folder)) as made,
    ):
        print(f"100,000 people made in {seeded(made):.0f} s", flush=True)
        for name in FIGURES:
            figures |= measured(made, name)
    for name, figure in figures.items():
        print(f"{name:<24}{figure:>12,.2f}")
    print(f"{'loop / decide':<24}{figures['loop_us'] / figures['decide_us']:>12,.1f}")
    print(f"{'jmespath / decide':<24}{figures['jmespath_us'] / figures['decide_us']:>12,.1f}")
    print(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))


if __name__ == "__main__":
    main()
