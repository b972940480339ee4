"""`manage.py readers`: a Redis user that reads records of sessions, and nothing beside it."""

import json
from dataclasses import replace

import pytest
import redis
from django.core.management import CommandError, call_command
from django.utils import timezone
from redis.exceptions import NoPermissionError

from gatehouse_client import SessionReader, Unavailable
from gatehouse_client.cookie import handle_of
from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.config.keyring import KeyUse
from gateway.flows.examine import examine
from gateway.flows.readers import ReaderRefused, outlived
from gateway.relying_parties.models import RelyingParty
from gateway.sessions import cookie
from gateway.sessions.keys import private_key, record_key
from gateway.sessions.store import RedisSessionStore
from tests.clients.python.signed_in import HOST, KEYS, ORIGIN, OTHER
from tests.gateway.commands.redis_server import SERVERS, serve
from tests.gateway.edge.conftest import eventually
from tests.gateway.sessions.people import RING, ada
from tests.journeys.edge import free_port

__all__ = ["serve"]

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["valkey", "redis"])
def server(request, serve):
    return serve(SERVERS[request.param])


@pytest.fixture(autouse=True)
def _apps():
    RelyingParty.objects.create(slug="wiki", name="Wiki", origins=[ORIGIN])
    RelyingParty.objects.create(slug="payroll", name="Payroll", origins=[OTHER])


@pytest.fixture
def handed(server, capsys):
    call_command("readers", "add", "one", "--app", "wiki")
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def store(server):
    found = RedisSessionStore(server.client, lambda: RING)
    found.start_canary()
    yield found
    found.close()


def as_reader(server, handed):
    said = handed["redis"]
    return redis.Redis(
        unix_socket_path=str(server.path), username=said["username"], password=said["password"]
    )


def test_a_reader_reads_who_is_signed_in_and_hears_of_the_end(server, handed, store, tmp_path):
    (tmp_path / "reader.json").write_text(json.dumps(handed))
    reader = SessionReader(
        f"unix://{handed['redis']['username']}:{handed['redis']['password']}@{server.path}",
        origin=ORIGIN,
        binding_keys={k: bytes.fromhex(v) for k, v in handed["binding_keys"][ORIGIN].items()},
        keys=KEYS,
    )
    token = store.start(ada())
    handle = token.handle
    try:
        assert reader.find(handle).session.username == "ada"
        eventually(lambda: reader.find(handle) is reader.find(handle))  # by now from memory
        store.end(handle)
        eventually(lambda: reader.find(handle) is None)
    finally:
        reader.close()


FORBIDDEN = {
    "write": lambda key, private: ("SET", key, "x"),
    "extend": lambda key, private: ("PEXPIRE", key, "1000"),
    "delete": lambda key, private: ("DEL", key),
    "take": lambda key, private: ("GETDEL", key),
    "read and extend": lambda key, private: ("GETEX", key, "PERSIST"),
    "list keys": lambda key, private: ("KEYS", "*"),
    "walk keys": lambda key, private: ("SCAN", "0"),
    "read private notes": lambda key, private: ("GET", private),
    "read an index": lambda key, private: ("ZRANGE", "gh:{5f5}:a:ada", "0", "-1"),
    "read a ticket": lambda key, private: ("GET", "gh:ticket:x"),
    "read routes": lambda key, private: ("GET", "gh:routes"),
    "read another's": lambda key, private: ("GET", "other"),
    "write a canary": lambda key, private: ("SET", "gh:canary:one", "1"),
    "register a canary": lambda key, private: ("SADD", "gh:canaries", "evil"),
    "run a script": lambda key, private: ("EVAL", "return 1", "0"),
    "watch commands": lambda key, private: ("MONITOR",),
    "subscribe": lambda key, private: ("SUBSCRIBE", "x"),
    "publish": lambda key, private: ("PUBLISH", "x", "y"),
    "configure": lambda key, private: ("CONFIG", "GET", "*"),
    "list clients": lambda key, private: ("CLIENT", "LIST"),
    "cut clients off": lambda key, private: ("CLIENT", "KILL", "TYPE", "normal"),
    "change users": lambda key, private: ("ACL", "SETUSER", "evil", "on"),
    "see users": lambda key, private: ("ACL", "LIST"),
    "empty it": lambda key, private: ("FLUSHALL",),
}


def test_a_reader_may_do_nothing_else(server, handed, store):
    handle = store.start(ada()).handle
    client = as_reader(server, handed)
    assert client.get(record_key(handle)) is not None
    done = []
    for what, command in FORBIDDEN.items():
        try:
            client.execute_command(*command(record_key(handle), private_key(handle)))
        except NoPermissionError:
            continue
        done.append(what)
    client.close()
    assert done == []


def test_the_password_is_shown_once_and_kept_nowhere(server, handed, tmp_path, capsys):
    password = handed["redis"]["password"]
    call_command("readers", "keys", "one")
    call_command("readers", "list")
    kept = "".join(path.read_text() for path in tmp_path.rglob("users.acl"))
    told = capsys.readouterr().out + str(list(AuditEvent.objects.values()))
    assert handed["redis"]["username"] in kept
    assert password not in kept + told


def test_an_app_gets_the_keys_of_its_own_hosts_and_no_others(handed):
    assert list(handed["binding_keys"]) == [ORIGIN]
    keys = {k: bytes.fromhex(v) for k, v in handed["binding_keys"][ORIGIN].items()}
    ring = wiring.key_ring()
    token = cookie.new_token("ada")
    own, other = (f"{cookie.NAME}={cookie.write(token, host, ring)}" for host in (HOST, OTHER_HOST))
    assert handle_of(own, HOST, keys) == token.handle
    assert handle_of(other, OTHER_HOST, keys) is None
    assert not {key.value for key in ring.all(KeyUse.COOKIE)} & set(keys.values())


OTHER_HOST = OTHER.removeprefix("https://")


def test_what_is_done_is_on_record(handed):
    call_command("readers", "keys", "one")
    call_command("readers", "remove", "one")
    rows = AuditEvent.objects.order_by("pk").values_list("event", "detail__reader", "detail__app")
    assert list(rows) == [
        ("reader.added", "one", "wiki"),
        ("reader-keys.handed", "one", "wiki"),
        ("reader.removed", "one", "wiki"),
    ]


def test_who_is_removed_is_cut_off(server, handed, store, capsys):
    said = handed["redis"]
    handle = store.start(ada()).handle
    reader = SessionReader(
        f"unix://{said['username']}:{said['password']}@{server.path}",
        origin=ORIGIN,
        binding_keys={},
        keys=KEYS,
    )
    try:
        assert reader.find(handle) is not None
        call_command("readers", "remove", "one")

        def refused():
            try:
                reader.find(handle)
            except Unavailable:
                return True
            return False

        eventually(refused)
    finally:
        reader.close()
    capsys.readouterr()
    call_command("readers", "list")
    assert capsys.readouterr().out == ""


def test_a_redis_that_forgets_its_users_is_told_of(serve, capsys):
    serve(SERVERS["redis"], users=False)
    call_command("readers", "add", "one", "--app", "wiki")
    told = capsys.readouterr()
    assert "gatehouse-reader.wiki.one on #" in told.err
    assert json.loads(told.out)["redis"]["password"] not in told.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "one", "--app", "nothing"), "no app"),
        (("add", "One:x", "--app", "wiki"), "small letters"),
        (("add", "x" * 41, "--app", "wiki"), "40 at most"),
        (("keys", "nobody"), "no reader"),
        (("remove", "nobody"), "no reader"),
    ],
)
def test_what_is_refused(serve, words, why):
    serve(SERVERS["valkey"])
    with pytest.raises(CommandError, match=why):
        call_command("readers", *words)
    assert not AuditEvent.objects.exists()


def test_a_cluster_is_for_the_edge(serve):
    serve(SERVERS["redis"], cluster=True, port=free_port())
    with pytest.raises(CommandError, match="put the edge before"):
        call_command("readers", "add", "one", "--app", "wiki")


def test_an_app_that_is_switched_off_gets_no_reader_and_no_keys(server, handed):
    RelyingParty.objects.update(enabled=False)
    for words in (("add", "two", "--app", "wiki"), ("keys", "one")):
        with pytest.raises(CommandError, match="The app wiki is switched off; switch it on first"):
            call_command("readers", *words)
    assert b"gatehouse-reader.wiki.two" not in server.client.acl_users()
    assert AuditEvent.objects.count() == 1
    call_command("readers", "remove", "one")
    assert b"gatehouse-reader.wiki.one" not in server.client.acl_users()


def test_a_name_is_given_once(server, handed):
    with pytest.raises(CommandError, match="remove it first"):
        call_command("readers", "add", "one", "--app", "payroll")


def test_a_redis_that_is_away_changes_nothing(settings, capsys):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, redis_url="unix:///nowhere/redis.sock")
    wiring.redis_client.cache_clear()
    try:
        with pytest.raises(CommandError, match="nothing was changed"):
            call_command("readers", "add", "one", "--app", "wiki")
    finally:
        wiring.redis_client.cache_clear()
    assert not AuditEvent.objects.exists()


def test_behind_a_cluster_there_are_no_readers(settings):
    url = "rediss+cluster://10.0.0.1,10.0.0.2"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, redis_url=url)
    for words in (("add", "wall", "--app", "wiki"), ("keys", "wall"), ("list",)):
        with pytest.raises(CommandError, match="behind a cluster"):
            call_command("readers", *words)
    with pytest.raises(ReaderRefused):
        outlived()


def test_doctor_says_where_redis_does_not_tell_its_users(serve):
    server = serve(SERVERS["redis"])
    server.client.acl_setuser("default", enabled=True, commands=["+@all", "-acl|users"])
    [found] = [each for each in examine(now=timezone.now()) if each.area == "readers"]
    assert (found.verdict, found.says) == (
        "ok",
        "Redis does not tell its users (NoPermissionError).",
    )
