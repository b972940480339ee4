"""A Redis whose disk is full promises nothing, forgets nothing, and goes on when there is room."""

import subprocess
from contextlib import contextmanager

import pytest

from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.sessions.people import RING, ada
from tests.topologies import Server, spots, until


@contextmanager
def small_disk(folder):
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{done.stderr.strip()}: run it as root, where it may mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    with small_disk(folder):
        yield folder


@pytest.fixture
def server(disk):
    [spot] = spots(1, None)
    found = Server(disk, spot, "--appendonly", "yes", "--appendfsync", "everysec")
    until(found.answers)
    yield found
    found.kill()


@pytest.fixture
def store(server):
    client = connect(f"redis://{server}")
    found = RedisSessionStore(client, lambda: RING)
    yield found
    found.close()
    client.close()


def test_a_full_disk_costs_no_session_and_revives_none(disk, server, store):
    kept, ended = ([store.start(ada()).handle for _ in range(20)] for _ in range(2))
    for handle in ended:
        store.end(handle)
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(b"x" * 3_000_000)
    # What is confirmed until Redis notices is in its memory.
    until(lambda: _is_refused(lambda: kept.append(store.start(ada()).handle)))
    assert _is_refused(lambda: store.end(kept[0]))
    assert all(store.load(handle) for handle in kept)
    assert not any(store.load(handle) for handle in ended)
    filler.unlink()
    until(lambda: not _is_refused(lambda: store.end(kept[-1])))
    ended.append(kept.pop())
    until(lambda: _is_written(server))
    server.kill()
    server.restart()
    until(server.answers)
    assert all(store.load(handle) for handle in kept)
    assert not any(store.load(handle) for handle in ended)


def _is_refused(call):
    try:
        call()
    except SessionStoreUnavailable:
        return True
    return False


def _is_written(server):
    told = server.ask("INFO", "persistence")
    return told["aof_last_write_status"] == "ok" and told["aof_pending_bio_fsync"] == 0
