"""Shared parts, built once a process from the configuration.

Everything here is made on first use: importing it opens no connection. The edge does not use it; it
composes its own parts in `gateway.edge.main`.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError as BrokerUnavailable

from gateway.config.environment import Environment
from gateway.config.keyring import KeyRing
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore, connect
from providers import registry
from providers.connector import Connector
from providers.errors import SharedCacheUnavailable
from providers.models import Provider

_log = logging.getLogger(__name__)


def config() -> Environment:
    """What the operator said."""
    found: Environment = settings.ENVIRONMENT
    return found


def key_ring() -> KeyRing:
    """The keys as they are now."""
    ring: KeyRing = settings.KEY_RING.current()
    return ring


@cache
def redis_client() -> "redis.Redis":
    """Of a cluster it raises redis.ConnectionError while no node of it can be reached."""
    return connect(config().redis_url)


@cache
def session_store() -> RedisSessionStore:
    """Raises SessionStoreUnavailable where `redis_client` raises."""
    try:
        store = RedisSessionStore(redis_client(), key_ring)
    except redis.RedisError as error:
        raise SessionStoreUnavailable(type(error).__name__) from error
    store.start_canary()
    return store


class RedisCache:
    """`providers.connector.SharedCache` over Redis."""

    def __init__(self, client: "redis.Redis") -> None:
        self._redis = client

    def get(self, key: str) -> bytes | None:
        with _answering():
            value = self._redis.get(f"gh:cache:{key}")
        return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes, lives: timedelta) -> None:
        with _answering():
            self._redis.set(f"gh:cache:{key}", value, px=lives)

    def add(self, key: str, value: bytes, lives: timedelta) -> bool:
        with _answering():
            return bool(self._redis.set(f"gh:cache:{key}", value, px=lives, nx=True))

    def take(self, key: str) -> bytes | None:
        """The value, for one caller only."""
        with _answering():
            value = self._redis.getdel(f"gh:cache:{key}")
        return value if isinstance(value, bytes) else None

    def drop(self, key: str) -> None:
        with _answering():
            self._redis.delete(f"gh:cache:{key}")


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise SharedCacheUnavailable(type(error).__name__) from error


@cache
def shared_cache() -> RedisCache:
    """Raises SharedCacheUnavailable where `redis_client` raises."""
    with _answering():
        return RedisCache(redis_client())


def connector_for(provider: Provider) -> Connector:
    return registry.connector(provider, base_url=config().base_url, cache=shared_cache())


# One message wakes a worker for all that was committed before it looks; more would only cost
# every sign-in a message.
WAKE_SECONDS = 1.0
_woken: dict[str, float] = {}


def wake(task: str) -> None:
    """Asks a worker to run a task now. Beat runs it soon anyway, so nothing depends on this."""
    now = time.monotonic()
    if now - _woken.get(task, -WAKE_SECONDS) < WAKE_SECONDS:
        return
    _woken[task] = now
    try:
        current_app.send_task(task, expires=30, retry=False)
    except (BrokerUnavailable, redis.RedisError, OSError) as error:
        _log.warning("nobody could be woken for %s: %s", task, type(error).__name__)
