"""How often somebody may try, counted over all edges in Redis."""

import redis.asyncio
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisClusterStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

from gateway.config import redis_address
from gateway.config.redis_address import Kind, Login, RedisAddress
from gateway.sessions.agreement import options
from gateway.sessions.servers import AWAY
from gateway.sessions.session import SessionStoreUnavailable

# Of one address, in a minute: an office that comes back from lunch, not a flood.
TRIES = RateLimitItemPerMinute(600)


class Limits:
    """Opens its connections when it is asked."""

    def __init__(self, redis_url: str) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(_storage(redis_url))

    async def allowed(self, what: str, who: str) -> bool:
        """Whether `who` may try again. Raises SessionStoreUnavailable."""
        try:
            return await self._limiter.hit(TRIES, f"edge-{what}", who)
        except AWAY as error:
            raise SessionStoreUnavailable(type(error).__name__) from error


def _storage(url: str) -> RedisStorage:
    address = redis_address.parse(url)
    if address.kind is Kind.CLUSTER:
        nodes = [ClusterNode(place.host, place.port) for place in address.members]
        return RedisClusterStorage(
            "async+redis+cluster://",
            implementation="redispy",
            key_prefix="gh:limit",
            startup_nodes=nodes,  # type: ignore[arg-type]
            require_full_coverage=False,
            **_options(address, address.login),  # type: ignore[arg-type]
        )
    return RedisStorage(
        "async+redis://",
        implementation="redispy",
        key_prefix="gh:limit",
        connection_pool=_pool(url, address),  # type: ignore[arg-type]
    )


def _pool(url: str, address: RedisAddress) -> redis.asyncio.ConnectionPool:
    if address.kind is Kind.NODE:
        plain = _options(address, Login())
        return redis.asyncio.ConnectionPool.from_url(url, **plain)
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        [(place.host, place.port) for place in address.members],
        sentinel_kwargs=_options(address, address.sentinel_login),
    )
    primary: redis.asyncio.Redis = sentinels.master_for(
        address.service,
        db=address.database,
        **_options(address, address.login),  # type: ignore[arg-type]
    )
    return primary.connection_pool


def _options(address: RedisAddress, login: Login) -> dict[str, object]:
    return options(address, login) | {"retry": Retry(NoBackoff(), 0)}
