"""What is weak in production is refused, all of it together."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gateway import wiring
from gateway.config import keyring
from gateway.web.checks import weaknesses


@pytest.fixture
def sound(tmp_path):
    """An environment without a weakness."""
    keyring.ensure(tmp_path / "ring.json", tmp_path / "edge.json")
    return replace(
        wiring.config(),
        base_url="https://gateway.corp.example",
        database_url="postgresql://gatehouse:password@db.corp.example/gatehouse",
        redis_url="rediss://gatehouse:password@redis.corp.example",
        broker_url="rediss://gatehouse:password@redis.corp.example",
        key_ring=tmp_path / "ring.json",
        edge_key_ring=tmp_path / "edge.json",
        trusted_proxies=(ip_network("10.1.2.3/32"), ip_network("10.0.0.0/8")),
        staff_role="gatehouse-admin",
        debug=False,
    )


def found(environment):
    return [message.id.removeprefix("gateway.") for message in weaknesses(environment)]


def test_a_sound_environment_has_no_weakness(sound):
    assert found(sound) == []


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
def test_the_command_lets_a_sound_environment_through(settings, sound):
    settings.ENVIRONMENT = sound
    call_command("check", "--deploy")


@pytest.mark.django_db
def test_without_deploy_nothing_is_said_about_the_demo(settings, sound):
    settings.ENVIRONMENT = replace(sound, debug=True)
    call_command("check")
