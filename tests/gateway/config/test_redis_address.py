"""Where Redis is, as operators write it."""

import pytest

from gateway.config.redis_address import Kind, Login, Place, RedisAddress, parse


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        (
            "rediss://gatehouse:p%40ss@redis.corp.example:6380/2?ssl_ca_certs=/ca.pem",
            RedisAddress(
                kind=Kind.NODE,
                members=(Place(host="redis.corp.example", port=6380),),
                secure=True,
                authorities="/ca.pem",
                login=Login(user="gatehouse", password="p@ss"),
                database=2,
            ),
        ),
        (
            "unix:///run/valkey.sock",
            RedisAddress(kind=Kind.NODE, members=(Place(path="/run/valkey.sock"),), login=Login()),
        ),
        (
            "redis+sentinel://u:p%2Fss@s1:5000,[fd00::2],s3/main/1?sentinel_password=word",
            RedisAddress(
                kind=Kind.SENTINEL,
                members=(
                    Place(host="s1", port=5000),
                    Place(host="fd00::2", port=26379),
                    Place(host="s3", port=26379),
                ),
                service="main",
                login=Login(user="u", password="p/ss"),
                sentinel_login=Login(password="word"),
                database=1,
            ),
        ),
        (
            "rediss+cluster://:secret@10.0.0.1:7000,10.0.0.2",
            RedisAddress(
                kind=Kind.CLUSTER,
                members=(Place(host="10.0.0.1", port=7000), Place(host="10.0.0.2", port=6379)),
                secure=True,
                login=Login(password="secret"),
            ),
        ),
    ],
)
def test_an_address_is_read_as_it_is_meant(url: str, meant: RedisAddress) -> None:
    assert parse(url) == meant


def test_no_password_is_shown() -> None:
    shown = repr(parse("redis+sentinel://u:word@a/m?sentinel_password=other"))
    assert "word" not in shown.replace("password", "")
    assert "other" not in shown
