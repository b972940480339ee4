"""What is weak in production is refused, all of it together."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gateway import wiring
from gateway.config import keyring
from gateway.config.redis_address import Place
from gateway.sessions.store import connect
from gateway.sessions.views import Shard
from gateway.settings import _database
from gateway.web.checks import weaknesses
from gateway.web.checks_of_parts import _in_part, memory_weaknesses, provider_weaknesses
from providers.models import Provider
from tests.topologies import until


@pytest.fixture
def sound(tmp_path):
    """An environment without a weakness."""
    keyring.ensure(tmp_path / "ring.json", tmp_path / "edge.json")
    return replace(
        wiring.config(),
        base_url="https://gateway.corp.example",
        database_url="postgresql://gatehouse:password@db.corp.example/gatehouse?sslmode=verify-full",
        redis_url="rediss://gatehouse:password@redis.corp.example",
        broker_url="rediss://gatehouse:password@redis.corp.example",
        key_ring=tmp_path / "ring.json",
        edge_key_ring=tmp_path / "edge.json",
        trusted_proxies=(ip_network("10.1.2.3/32"), ip_network("10.0.0.0/8")),
        staff_role="gatehouse-admin",
        debug=False,
    )


@pytest.fixture
def memory(redis_url):
    """The tests' own Valkey, which keeps what it is given until the test is over."""
    with connect(redis_url) as client:
        kept = {"maxmemory-policy": "noeviction", "appendonly": "yes"}
        before = {name: client.config_get(name)[name] for name in kept}
        for name, value in kept.items():
            client.config_set(name, value)
        yield client
        for name, value in before.items():
            client.config_set(name, value)


def found(environment):
    return [message.id.removeprefix("gateway.") for message in weaknesses(environment)]


def test_a_sound_environment_has_no_weakness(sound):
    assert found(sound) == []


def test_break_glass_accounts_of_which_nobody_is_told_are_refused(sound):
    assert found(replace(sound, break_glass=True)) == ["E018"]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"debug": True}, ["E001"]),
        ({"base_url": "http://gateway.corp.example"}, ["E002"]),
        ({"base_url": "http://gateway.localhost.evil.example"}, ["E002"]),
        ({"base_url": "http://gateway.corp.localhost:8000"}, []),
        ({"database_url": "sqlite:///gatehouse.sqlite3"}, ["W003"]),
        ({"redis_url": "redis://redis.corp.example"}, ["E006", "E007"]),
        ({"redis_url": "rediss://redis.corp.example"}, ["E007"]),
        ({"redis_url": "redis://u:p@redis.corp.example"}, ["E006"]),
        ({"broker_url": "redis://10.0.0.1"}, ["E006", "E007"]),
        ({"redis_url": "redis://127.0.0.1:6379"}, []),
        ({"redis_url": "redis://[::1]:6379"}, []),
        ({"redis_url": "unix:///run/valkey.sock"}, []),
        ({"internal_url": "http://10.0.0.1:8001"}, ["E010"]),
        ({"internal_url": "https://10.0.0.1:8001"}, []),
        ({"internal_url": "http://127.0.0.1:8001"}, []),
        ({"database_url": "postgresql://db.corp.example/gatehouse"}, ["E011"]),
        ({"database_url": "postgresql://db.corp.example/gatehouse?sslmode=require"}, ["E011"]),
        ({"database_url": "postgresql://localhost/gatehouse"}, []),
        ({"database_url": "postgresql:///gatehouse?host=/run/postgresql"}, []),
        ({"database_url": "postgresql:///gatehouse?host=db.corp.example"}, ["E011"]),
        ({"database_url": "postgresql:///gatehouse?host=127.0.0.1"}, []),
        ({"staff_role": ""}, ["E008"]),
        ({"trusted_proxies": (ip_network("0.0.0.0/0"),)}, ["E009"]),
        ({"trusted_proxies": (ip_network("::/0"),)}, ["E009"]),
        ({"trusted_proxies": (ip_network("0.0.0.0/1"), ip_network("128.0.0.0/1"))}, ["E009"] * 2),
    ],
)
def test_a_weakness_is_told(sound, changes, codes):
    assert found(replace(sound, **changes)) == codes


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o666, 0o620])
@pytest.mark.parametrize("ring", ["key_ring", "edge_key_ring"])
def test_a_key_ring_that_others_may_open_is_told(sound, ring, mode):
    getattr(sound, ring).chmod(mode)
    assert found(sound) == ["E004"]


def test_a_key_ring_that_a_group_may_read_is_how_secrets_are_mounted(sound):
    sound.key_ring.chmod(0o440)
    assert found(sound) == []


def test_an_edge_that_was_given_the_gateways_ring_is_told(sound):
    (message,) = weaknesses(replace(sound, edge_key_ring=sound.key_ring))
    assert message.id == "gateway.E005"
    for use in ("audit", "django", "pending", "record", "secrets"):
        assert use in message.msg


def test_an_edge_that_could_sign_records_is_told(sound):
    content = keyring.read(sound.key_ring)
    kept = [key for key in content["keys"] if key["use"] in {"cookie", "assertion", "record"}]
    keyring.write(sound.edge_key_ring, content | {"keys": kept})
    assert found(sound) == ["E005"]


def test_an_edge_ring_that_cannot_be_read_is_told(sound):
    sound.edge_key_ring.write_text("nonsense")
    assert found(sound) == ["E005"]


def test_a_gateway_without_an_edge_beside_it_has_no_edge_ring(sound):
    assert found(replace(sound, edge_key_ring=Path())) == []


def test_every_weakness_comes_with_a_remedy_and_all_are_told_together(sound):
    weak = replace(
        sound,
        debug=True,
        staff_role="",
        base_url="http://gateway.corp.example",
        redis_url="redis://redis.corp.example",
    )
    messages = weaknesses(weak)
    assert len(messages) == 5
    assert all(message.hint for message in messages)


@pytest.mark.django_db
def test_the_command_refuses_a_weak_environment(settings, sound):
    settings.ENVIRONMENT = replace(sound, debug=True, staff_role="")
    with pytest.raises(CommandError) as caught:
        call_command("check", "--deploy")
    assert "gateway.E001" in str(caught.value)
    assert "gateway.E008" in str(caught.value)


@pytest.mark.django_db
def test_the_command_lets_a_sound_environment_through(settings, sound, memory, redis_url, capsys):
    settings.ENVIRONMENT = replace(sound, redis_url=redis_url)
    settings.SECURE_HSTS_SECONDS = 31_536_000
    call_command("check", "--deploy")
    assert "no issues" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_command_asks_the_redis_of_that_environment(settings, sound, memory, redis_url):
    settings.ENVIRONMENT = replace(sound, redis_url=redis_url)
    memory.config_set("appendonly", "no")
    with pytest.raises(CommandError, match=r"gateway\.E013"):
        call_command("check", "--deploy")


@pytest.mark.django_db
def test_without_deploy_nothing_is_said_about_the_demo(settings, sound):
    settings.ENVIRONMENT = replace(sound, debug=True)
    call_command("check")


def codes(messages):
    return [message.id.removeprefix("gateway.") for message in messages]


@pytest.mark.usefixtures("memory")
def test_a_redis_that_keeps_all_is_sound(redis_url):
    assert codes(memory_weaknesses(redis_url)) == []


@pytest.mark.parametrize(
    ("name", "value"), [("maxmemory-policy", "allkeys-lru"), ("appendonly", "no")]
)
def test_a_redis_that_forgets_is_told(memory, redis_url, name, value):
    memory.config_set(name, value)
    (message,) = memory_weaknesses(redis_url)
    assert message.id == "gateway.E013"
    assert name in message.hint


def test_a_redis_that_may_not_be_asked_is_told(memory, redis_url):
    memory.acl_setuser("app", enabled=True, nopass=True, categories=["+@all", "-@admin"])
    assert codes(memory_weaknesses(redis_url.replace("unix://", "unix://app@"))) == ["W012"]
    memory.acl_deluser("app")


def test_each_primary_is_looked_at_and_needs_a_replica(cluster, cluster_url):
    primaries = [each for each in cluster.servers if each.ask("ROLE")[0] == b"master"]
    told = list(memory_weaknesses(cluster_url))
    assert codes(told) == ["E013"] * 3  # these Valkeys write nothing down
    assert all(sum(str(each) in message.msg for message in told) == 1 for each in primaries)
    replica = next(each for each in cluster.servers if each not in primaries)
    replica.freeze()
    until(lambda: "E017" in codes(memory_weaknesses(cluster_url)))
    replica.thaw()
    until(lambda: "E017" not in codes(memory_weaknesses(cluster_url)))


def test_slots_that_nobody_keeps_are_told():
    [message] = _in_part(frozenset({Shard(place=Place(), slots=((0, 16382),))}))
    assert message.id == "gateway.E018"
    assert "1 of" in message.msg


def test_a_redis_that_cannot_be_asked_is_told():
    assert codes(memory_weaknesses("redis://127.0.0.1:1")) == ["W012"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("settings", "enabled", "told"),
    [
        ({"issuer": "https://id.corp.example"}, True, []),
        ({"issuer": "http://127.0.0.1:8080/realms/corp"}, True, ["E016"]),
        ({"issuer": "http://127.0.0.1:8080/realms/corp"}, False, []),
        ({"entity_id": "http://id.corp.example", "allow_cbc": True}, True, ["W015"]),
        ({"allow_cbc": False}, True, []),
    ],
)
def test_a_provider_that_is_good_for_trying_out_alone_is_told(settings, enabled, told):
    Provider.objects.create(slug="corp", name="Corp", settings=settings, enabled=enabled)
    assert codes(provider_weaknesses()) == told


def test_what_the_database_address_says_about_tls_reaches_the_driver():
    made = _database("postgresql://ada:x@db.corp.example/gatehouse?sslmode=verify-full")
    assert made["HOST"] == "db.corp.example"
    assert made["OPTIONS"] == {"connect_timeout": 5, "sslmode": "verify-full"}
    by_socket = _database("postgresql:///gatehouse?host=/run/postgresql")
    assert (by_socket["HOST"], by_socket["OPTIONS"]) == ("/run/postgresql", {"connect_timeout": 5})
