import pytest
import redis
from django.core.management import CommandError, call_command

from gateway import wiring
from gateway.flows.local import link_waits

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("redis_url")
def test_it_prints_a_link_that_waits_for_its_reader(capsys):
    call_command("admin-link", "dora@corp.example")
    told = capsys.readouterr().out.strip()
    assert told.startswith("http://gateway.corp.localhost:8000/link/")
    assert link_waits(told.rpartition("/")[2])


def test_while_redis_is_away_it_says_so(monkeypatch):
    cache = wiring.RedisCache(redis.Redis.from_url("redis://127.0.0.1:1"))
    monkeypatch.setattr(wiring, "shared_cache", lambda: cache)
    with pytest.raises(CommandError, match="No link was made"):
        call_command("admin-link", "dora@corp.example")
