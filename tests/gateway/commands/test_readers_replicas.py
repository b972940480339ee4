"""`manage.py readers` where Redis stands on several servers: all of them, or none and the truth."""

import pytest
from django.core.management import CommandError, call_command

from gateway.audit.models import AuditEvent
from gateway.relying_parties.models import RelyingParty
from tests.clients.python.signed_in import ORIGIN
from tests.gateway.commands.redis_server import SERVERS, serve
from tests.gateway.edge.conftest import eventually
from tests.journeys.edge import free_port

__all__ = ["serve"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _app():
    RelyingParty.objects.create(slug="wiki", name="Wiki", origins=[ORIGIN])


def test_every_replica_gets_the_user(serve):
    primary, replica = replicated(serve, port=free_port())
    call_command("readers", "add", "one", "--app", "wiki")
    for server in (primary, replica):
        assert b"gatehouse-reader.wiki.one" in server.client.acl_users()
    call_command("readers", "remove", "one")
    assert b"gatehouse-reader.wiki.one" not in replica.client.acl_users()


def test_if_a_replica_cannot_be_told_nothing_is_changed(serve):
    primary, good = replicated(serve, port=free_port())
    of = primary.client.config_get("port")["port"]
    serve(SERVERS["redis"], replica_of=of)  # it listens nowhere that the primary could name
    eventually(lambda: "slave1" in primary.client.info("replication"), 10)
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("readers", "add", "one", "--app", "wiki")
    for server in (primary, good):
        assert b"gatehouse-reader.wiki.one" not in server.client.acl_users()
    assert not AuditEvent.objects.exists()


def forbid(server, *commands):
    """To whoever comes without a name, as the gateway does."""
    server.client.acl_setuser("default", enabled=True, nopass=True, commands=["+@all", *commands])


def test_if_one_server_refuses_what_another_did_is_taken_back(serve):
    primary, replica = replicated(serve, port=free_port())
    forbid(primary, "-acl|setuser")
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("readers", "add", "one", "--app", "wiki")
    for server in (primary, replica):
        assert b"gatehouse-reader.wiki.one" not in server.client.acl_users()
        kept = server.path.with_name("users.acl").read_text()
        assert "gatehouse-reader" not in kept
    assert not AuditEvent.objects.exists()


def test_what_cannot_be_taken_back_is_said_and_where(serve):
    port = free_port()
    primary, replica = replicated(serve, port=port)
    forbid(primary, "-acl|setuser")
    forbid(replica, "-acl|deluser")
    with pytest.raises(CommandError) as refused:
        call_command("readers", "add", "one", "--app", "wiki")
    assert b"gatehouse-reader.wiki.one" in replica.client.acl_users()
    assert f"gatehouse-reader.wiki.one may be left at 127.0.0.1:{port}," in str(refused.value)
    assert "nothing was changed" not in str(refused.value)


def test_who_is_removed_at_some_servers_only_is_said_and_removed_by_a_second_time(serve):
    primary, replica = replicated(serve, port=free_port())
    call_command("readers", "add", "one", "--app", "wiki")
    forbid(primary, "-acl|deluser")
    with pytest.raises(CommandError, match="not at all of them; do it once more"):
        call_command("readers", "remove", "one")
    assert b"gatehouse-reader.wiki.one" not in replica.client.acl_users()
    forbid(primary)
    call_command("readers", "remove", "one")
    assert b"gatehouse-reader.wiki.one" not in primary.client.acl_users()


def replicated(serve, port):
    of = free_port()
    primary = serve(SERVERS["redis"], port=of)
    replica = serve(SERVERS["redis"], replica_of=of, port=port)
    eventually(lambda: "slave0" in primary.client.info("replication"), 10)
    return primary, replica
