"""Starting with nothing there, or with the wrong things: sentences, no tracebacks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def manage(tmp_path):
    def run(*words, **variables):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GATEHOUSE_")}
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=environment | {"DJANGO_SETTINGS_MODULE": "gateway.settings"} | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def variables(tmp_path):
    return {
        "GATEHOUSE_BASE_URL": "http://gateway.corp.localhost:8000",
        "GATEHOUSE_REDIS_URL": "redis://127.0.0.1:1",
        "GATEHOUSE_DATABASE_URL": f"sqlite:///{tmp_path}/gatehouse.sqlite3",
        "GATEHOUSE_KEY_RING": str(tmp_path / "ring.json"),
        "GATEHOUSE_EDGE_KEY_RING": str(tmp_path / "edge.json"),
    }


def test_all_faults_of_the_environment_are_told_together(manage):
    ended = manage("check", GATEHOUSE_BASE_URL="gateway")
    assert ended.returncode == 1
    for name in ("GATEHOUSE_BASE_URL", "GATEHOUSE_REDIS_URL", "GATEHOUSE_KEY_RING"):
        assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_keys_it_says_how_to_make_them(manage, variables):
    ended = manage("check", **variables)
    assert ended.returncode == 1
    assert "manage.py keys init" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_first_keys_are_made_once_and_for_the_owner_alone(manage, variables, tmp_path):
    first = manage("keys", "init", **variables)
    assert first.returncode == 0
    ring = tmp_path / "ring.json"
    made = ring.read_bytes()
    assert ring.stat().st_mode & 0o777 == 0o600
    second = manage("keys", "init", **variables)
    assert second.returncode == 0
    assert "already" in second.stdout
    assert ring.read_bytes() == made
