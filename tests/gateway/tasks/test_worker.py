"""A real worker on a real broker: what an apply leaves behind is told and sealed by itself."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.relying_parties.publish import ROUTES_KEY
from gateway.sessions.store import connect

ROOT = Path(__file__).parents[3]
WIKI = """\
relying_parties:
  - {slug: wiki, name: Wiki, origins: ["https://wiki.corp.example"], access: [{path: /}]}
"""


# Where sessions lie, and where the worker's messages go; nobody sends those through a cluster.
PLACES = [
    ("redis_url", "redis_url"),
    ("sentinel_url", "sentinel_url"),
    ("cluster_url", "redis_url"),
]


@pytest.fixture(params=PLACES, ids=["node", "sentinel", "cluster"])
def urls(request):
    return [request.getfixturevalue(name) for name in request.param]


@pytest.fixture
def environment(tmp_path, urls):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GATEHOUSE_")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "gateway.settings",
        "GATEHOUSE_BASE_URL": "http://gateway.corp.localhost:8000",
        "GATEHOUSE_REDIS_URL": urls[0],
        "GATEHOUSE_BROKER_URL": urls[1],
        "GATEHOUSE_DATABASE_URL": f"sqlite:///{tmp_path}/gatehouse.sqlite3",
        "GATEHOUSE_KEY_RING": str(tmp_path / "ring.json"),
        "GATEHOUSE_EDGE_KEY_RING": str(tmp_path / "edge.json"),
    }


@pytest.fixture
def manage(environment):
    def run(*words):
        ended = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


@pytest.fixture
def worker(environment, manage, tmp_path):
    """Runs in an empty folder; its log."""
    manage("keys", "init")
    manage("migrate", "--no-input")
    folder = tmp_path / "worker"
    folder.mkdir()
    log = tmp_path / "worker.log"
    words = "-m celery -A gateway.celery worker --beat -P solo --without-gossip --without-mingle"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *words.split(" ")],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
        )
        yield log
        process.terminate()
        process.wait(timeout=20)
    assert list(folder.iterdir()) == []


def within(seconds, question):
    """The first answer that is true; waits for it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = question()
        if found:
            return found
        time.sleep(0.2)
    return None


def test_a_worker_tells_and_seals_what_an_apply_left(worker, manage, urls, tmp_path):
    file = tmp_path / "gatehouse.yaml"
    file.write_text(WIKI)
    manage("apply", str(file))
    with connect(urls[0]) as client:
        assert within(60, lambda: client.get(ROUTES_KEY)), worker.read_text()
        told = within(60, lambda: re.search(r"holds: 1 links", manage("audit", "verify")))
        assert told, worker.read_text()
        assert within(60, lambda: client.get("gh:cache:heartbeat")), worker.read_text()
        assert all(key.startswith(b"gh:") for key in client.scan_iter())
