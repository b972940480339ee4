"""A ticket opens once, on one host, in one browser, and is worth nothing to who reads Redis."""

from hashlib import sha256

import pytest

from gateway.sessions import ticket
from gateway.sessions.cookie import new_token
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import connect

TOKEN = new_token("ada")
HOST = "wiki.corp.example"
NONCE = sha256(b"nonce").hexdigest()


@pytest.fixture
def client(redis_url):
    found = connect(redis_url)
    yield found
    found.close()


def take(client, issued):
    return client.getdel(ticket.key(issued))


def test_a_ticket_brings_the_session_it_was_made_for(client):
    issued = ticket.issue(client, token=TOKEN, host=HOST, nonce_hash=NONCE)
    assert ticket.SHAPE.fullmatch(issued)
    sealed = take(client, issued)
    assert ticket.unseal(sealed, issued, host=HOST, nonce_hash=NONCE) == TOKEN
    assert take(client, issued) is None


def test_a_ticket_is_gone_in_thirty_seconds(client):
    issued = ticket.issue(client, token=TOKEN, host=HOST, nonce_hash=NONCE)
    assert 29_000 < client.pttl(ticket.key(issued)) <= 30_000


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "payroll.other.example"},
        {"host": "wiki.corp.example:8443"},
        {"nonce_hash": sha256(b"another browser").hexdigest()},
        {"ticket": "x" * 43},
    ],
)
def test_a_ticket_for_another_host_or_browser_opens_nothing(client, changed):
    issued = ticket.issue(client, token=TOKEN, host=HOST, nonce_hash=NONCE)
    presented = {"ticket": issued, "host": HOST, "nonce_hash": NONCE} | changed
    assert ticket.unseal(take(client, issued), **presented) is None


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 200])
def test_what_we_did_not_seal_opens_nothing(sealed):
    assert ticket.unseal(sealed, "x" * 43, host=HOST, nonce_hash=NONCE) is None


def test_redis_sees_neither_ticket_nor_session(client):
    issued = ticket.issue(client, token=TOKEN, host=HOST, nonce_hash=NONCE)
    everything = b"".join(key + client.get(key) for key in client.keys("*ticket*"))
    for secret in (issued, TOKEN.secret, HOST):
        assert secret.encode() not in everything


def test_no_ticket_is_issued_while_redis_is_away(tmp_path):
    with pytest.raises(SessionStoreUnavailable):
        ticket.issue(connect(f"unix://{tmp_path}/no.sock"), token=TOKEN, host=HOST, nonce_hash="")
