"""The records of programs: signed, of a type of their own, and never taken for a session's."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import keyring
from gateway.sessions import program, record
from gateway.sessions.keys import program_key, record_key
from gateway.sessions.nearcache import NearCache
from gateway.sessions.program import ProgramRecordInvalid
from gateway.sessions.session import SessionHandle
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.sessions.people import EDGE_RING, RING, ada
from tests.gateway.sessions.programs import ACCOUNT, handle, importer, token

OTHER_RING = keyring.parse(keyring.generate(datetime(2026, 2, 1, tzinfo=UTC)))


@pytest.fixture
def store(redis_url):
    client = connect(redis_url)
    found = RedisSessionStore(client, lambda: RING)
    found.start_canary()
    yield found
    found.close()
    client.close()


@pytest.fixture
def client(redis_url):
    found = connect(redis_url)
    yield found
    found.close()


def test_a_token_bears_its_shard_and_256_random_bits():
    text = token()
    assert len({token() for _ in range(20)}) == 20
    assert text[:5] == "ghsa_"
    assert handle(text)[:4] == f"{text[5:8]}."
    assert len(text) == 5 + 3 + 43


BITS = "a" * 46
NONE = {
    "empty": "",
    "prefix": "ghsa_",
    "api": "ghat_" + BITS,
    "no-hex": "ghsa_" + "g" * 46,
    "short": "ghsa_" + BITS[1:],
    "long": "ghsa_" + BITS + "a",
    "letter": "ghsa_" + BITS[1:] + "é",
    "upper": "GHSA_" + BITS,
    "line": "ghsa_" + BITS + "\n",
    "half": "\ud800",
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_what_is_no_token_names_nothing(text):
    assert program.handle_of(text) is None


def test_what_is_written_is_read_by_whoever_has_the_public_keys():
    ours = handle(token())
    found = program.read(program.write(importer(), ours, RING), ours, EDGE_RING)
    assert found == importer(
        authenticated_at=found.session.authenticated_at,
        started_at=found.session.started_at,
        expires_at=found.session.expires_at,
        ruleset=3,
    )


def test_a_record_that_was_changed_moved_or_signed_by_others_is_none():
    ours, other = handle(token()), handle(token())
    raw = program.write(importer(), ours, RING)
    for bent, of in (
        (raw.replace(b'"importer"', b'"Importer"'), ours),
        (raw.replace(b"wiki", b"pays"), ours),
        (raw, other),
        (raw[:-1], ours),
        (b"", ours),
        (b"{}", ours),
        (program.write(importer(), ours, OTHER_RING), ours),
    ):
        with pytest.raises(ProgramRecordInvalid):
            program.read(bent, of, RING)


def test_neither_of_sessions_and_programs_is_taken_for_the_other(store, client):
    """Whoever may write to Redis copies one to the other's place, name and all."""
    text = token()
    ours = handle(text)
    made = store.start(ada(account=ACCOUNT))
    session = record.write(ada(account=ACCOUNT), SessionHandle(ours), RING)
    of_program = program.write(importer(), handle(text), RING)
    client.set(program_key(ours), session, px=60_000)
    client.set(record_key(made.handle), of_program, px=60_000)
    client.set(record_key(SessionHandle(ours)), of_program, px=60_000)
    with pytest.raises(ProgramRecordInvalid):
        program.read(session, ours, RING)

    async def look():
        near = NearCache(store_url(client), lambda: EDGE_RING)
        running = asyncio.create_task(near.channel.run())
        try:
            assert await _patiently(near.program, ours) is None
            assert await near.load(made.handle) is None
            assert await near.load(SessionHandle(ours)) is None
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    asyncio.run(look())


def test_it_is_kept_near_until_it_ends_or_is_over(store, client):
    ours = handle(token())
    store.programs.put({ours: importer()})

    async def look():
        near = NearCache(store_url(client), lambda: EDGE_RING)
        running = asyncio.create_task(near.channel.run())
        try:
            assert await _patiently(near.program, ours)
            await _until(lambda: near._programs.cached(ours) is not None)
            await asyncio.to_thread(store.programs.end, [ours])
            await _until(lambda: near._programs.cached(ours) is None)
            assert await near.program(ours) is None
            later = replace(importer().session, expires_at=_in(timedelta(seconds=1.2)))
            store.programs.put({ours: replace(importer(), session=later)})
            await asyncio.sleep(1.3)
            assert await near.program(ours) is None
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    asyncio.run(look())


def test_what_is_over_is_not_written(store, client):
    ours = handle(token())
    store.programs.put({ours: importer(expires_at=_in(-timedelta(seconds=1)))})
    assert client.get(program_key(ours)) is None
    assert store.programs.generations([ours]) == {}


def _in(span):
    return datetime.now(UTC) + span


def store_url(client):
    return f"unix://{client.connection_pool.connection_kwargs['path']}"


async def _patiently(ask, ours):
    """The channel may just be connecting."""
    from gateway.sessions.session import SessionStoreUnavailable

    for _ in range(100):
        with suppress(SessionStoreUnavailable):
            return await ask(ours)
        await asyncio.sleep(0.05)
    raise AssertionError("it never answered")


async def _until(true):
    for _ in range(100):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never became so")
