"""What pushing costs: 50,000 people and 2,000 groups come, then one large group changes.

PostgreSQL and Valkey beside it; every request passes the whole application, in one process, one
after the other. People come by `/Bulk`, each in a transaction of her own: account, profile, roles,
record. The 1,000 PATCHes of a group of 10,000 members take one out or put one in, in turn.
Marks: a PATCH under 100 ms (p99), a page under 100 ms; the last tenth of the people takes at most
twice what the first did.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.marks import Figure, report
from bench.world import world

_CODE = "from bench.scim_figures import run; run()"


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder,
        world(Path(folder)) as made,
    ):
        told = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", _CODE],
            env=dict(made.environment),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
    seen: dict[str, float] = json.loads(told.splitlines()[-1])
    report([Figure(key=key, seen=seen[key], **words) for key, words in _FIGURES.items()])


_FIGURES: dict[str, dict] = {
    "users_per_s": {"words": "people made", "unit": "/s"},
    "last_tenth_of_first": {"words": "last tenth beside the first", "mark": 2},
    "groups_per_s": {"words": "groups of 25 made", "unit": "/s"},
    "large_group_s": {"words": "a group of 10,000 made", "unit": "s"},
    "patch_p50_ms": {"words": "one in or out of it, p50", "unit": "ms"},
    "patch_p99_ms": {"words": "one in or out of it, p99", "unit": "ms", "mark": 100},
    "page_ms": {"words": "first page of people", "unit": "ms", "mark": 100},
    "late_page_ms": {"words": "last page by index", "unit": "ms"},
    "cursor_page_ms": {"words": "a page by cursor", "unit": "ms", "mark": 100},
    "by_name_ms": {"words": "one by userName", "unit": "ms", "mark": 100},
    "by_value_ms": {"words": "one by an e-mail address", "unit": "ms"},
    "groups_ms": {"words": "first page of groups", "unit": "ms", "mark": 100},
}

if __name__ == "__main__":
    main()
