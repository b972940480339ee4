"""What a Redis was asked for, by its own word."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

# The channel's own: it beats twice a second whether anybody asks or not.
_BEATS = ("gh:canar", "SMEMBERS gh:canaries")


class Seen(list[str]):
    """The commands, one a line."""


@contextmanager
def watched(url: str) -> Iterator[Seen]:
    """All commands of the block but the channel's beats."""
    client, seen = redis.Redis.from_url(url), Seen()
    with client, client.monitor() as monitor:
        yield seen
        time.sleep(0.05)
        mark = "the end of the block"
        with redis.Redis.from_url(url) as other:
            other.echo(mark)
        while mark not in (command := monitor.next_command()["command"]):
            if not any(word in command for word in _BEATS) and _asks(command):
                seen.append(command)


def _asks(command: str) -> bool:
    """What redis-py says when it connects is no question."""
    return not command.upper().startswith(("CLIENT ", "HELLO ", "MONITOR"))
