"""Starting with nothing there, or with the wrong things: sentences, no tracebacks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.config import keyring
from gateway.flows.audit import seal_waiting
from gateway.tokens.keys import public_jwks

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


def test_a_key_ring_that_is_not_there_is_told_in_one_round_with_the_rest(manage, variables):
    ended = manage("check", **variables, GATEHOUSE_SESSION_IDLE_MINUTES="ten")
    assert ended.returncode == 1
    told = ended.stderr.splitlines()
    assert [line.split()[1] for line in told[1:]] == [
        "GATEHOUSE_KEY_RING",
        "GATEHOUSE_SESSION_IDLE_MINUTES",
    ]
    assert "manage.py keys init" in told[1]


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


def test_a_ring_of_an_older_release_gets_what_it_lacks(manage, variables, tmp_path):
    assert manage("keys", "init", **variables).returncode == 0
    ring = tmp_path / "ring.json"
    whole = keyring.read(ring)
    older = [key for key in whole["keys"] if key["use"] != "identities"]
    keyring.write(ring, {**whole, "keys": older})
    refused = manage("check", **variables)
    assert refused.returncode == 1
    assert "no key for identities; `manage.py keys init` adds" in refused.stderr
    assert manage("keys", "init", **variables).returncode == 0
    assert keyring.read(ring)["keys"][:-1] == older
    assert keyring.lacking(keyring.read(ring)) == ()


def test_the_edge_does_not_start_in_an_environment_that_cannot_work(variables):
    broken = {"GATEHOUSE_DEBUG": "maybe", "GATEHOUSE_EDGE_KEY_RING": "/nowhere"}
    granian = str(Path(sys.executable).with_name("granian"))
    ended = subprocess.run(
        [granian, "--interface", "asgi", "--no-ws", "--port", "0", "gateway.edge.main:app"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | variables | broken,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    told = ended.stdout + ended.stderr
    for name in broken:
        assert f"  - {name} " in told
    assert "Traceback" not in told


@pytest.mark.django_db
def test_an_export_is_checked_by_whoever_has_nothing_of_ours(tmp_path):
    record(Event.LOGIN_SUCCEEDED, actor="ada", detail={}, at=timezone.now())
    seal_waiting(now=timezone.now())
    file, keys = tmp_path / "audit.jsonl", tmp_path / "jwks.json"
    call_command("audit", "export", str(file))
    keys.write_text(json.dumps(public_jwks(wiring.key_ring())))

    def verify():
        words = ("manage.py", "audit", "verify", "--file", str(file), "--jwks", str(keys))
        return subprocess.run(
            [sys.executable, *words], cwd=ROOT, env={}, capture_output=True, text=True, check=False
        )

    sound = verify()
    assert (sound.returncode, sound.stderr) == (0, "")
    assert "holds: 1 links" in sound.stdout
    file.write_text(file.read_text().replace('"ada"', '"eve"'))
    edited = verify()
    assert edited.returncode == 1
    assert "broken at position 1" in edited.stderr
    file.unlink()
    assert "No such file" in verify().stderr


@pytest.mark.parametrize(
    "start",
    [
        "import gateway.wsgi",
        "import gateway.celery, django; django.setup()",
        "import gateway.management.start as start; start.run(['manage.py', 'check'])",
    ],
)
def test_nothing_starts_on_a_parser_and_a_signature_library_that_do_not_fit(variables, start):
    keyring.ensure(
        Path(variables["GATEHOUSE_KEY_RING"]), Path(variables["GATEHOUSE_EDGE_KEY_RING"])
    )
    broken = f"from lxml import etree; etree.LIBXML_VERSION = (2, 0, 0); {start}"
    ended = subprocess.run(
        [sys.executable, "-c", broken],
        cwd=ROOT,
        env=variables | {"DJANGO_SETTINGS_MODULE": "gateway.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "beside lxml with libxml2 2.0.0" in ended.stderr
    assert (
        "Install lxml and xmlsec in the pair of versions that requirements/run.txt" in ended.stderr
    )
