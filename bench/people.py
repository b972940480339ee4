"""What finding somebody costs among 100,000 people, and looking at her.

PostgreSQL and Valkey beside it, everybody made by `bench.company`. Each figure is of whole pages
through the whole application, in one process, one after the other: searches by words that few or
all have, by part of a name and part of an address, by provider, role, state and id upstream, with
the next page of each; the page of a person with a long life; the reports of a month in which
everybody came. Beside them in the same run, the search that Django's own change list makes of the
same words. Mark: a search under 200 ms (p99).
"""

import tempfile
from pathlib import Path

from bench.marks import Figure, report
from bench.world import world

_SEED = "from bench.company import seed; seed(); print('{}')"
_CODE = "from bench.people_figures import run; run()"


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder,
        world(Path(folder)) as made,
    ):
        made.told(_SEED)
        seen: dict[str, float] = made.told(_CODE)
    report([Figure(key=key, seen=seen[key], **words) for key, words in _FIGURES.items()])


_MARK: dict = {"unit": "ms", "mark": 200, "within": "less than"}
_FIGURES: dict[str, dict] = {
    "search_p50_ms": {"words": "a search, half", "unit": "ms"},
    "search_p99_ms": {"words": "a search, 99 of 100", **_MARK},
    "slowest_ms": {"words": "the slowest kind of search, half", "unit": "ms"},
    "change_list_p50_ms": {"words": "Django's change list, half", "unit": "ms"},
    "change_list_p99_ms": {"words": "Django's change list, 99 of 100", "unit": "ms"},
    "person_p50_ms": {"words": "a person's page, half", "unit": "ms"},
    "person_p99_ms": {"words": "a person's page, 99 of 100", "unit": "ms"},
    "report_p50_ms": {"words": "a page of a report, half", "unit": "ms"},
    "report_p99_ms": {"words": "a page of a report, 99 of 100", "unit": "ms"},
}

if __name__ == "__main__":
    main()
