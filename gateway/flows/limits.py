"""How often somebody may try, counted over all processes in Redis.

The numbers let a whole office behind one address sign in on a Monday morning and still make
guessing or flooding pointless. Redis away is not "no limit": nobody can sign in then anyway.
"""

from datetime import timedelta
from enum import Enum
from functools import cache

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisClusterStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from gateway import wiring
from gateway.config import redis_address
from gateway.config.redis_address import Kind
from gateway.flows.errors import TooManyTries
from gateway.sessions.servers import AWAY, cluster_options
from providers.errors import SharedCacheUnavailable


class Limit(Enum):
    """What is limited: (name, tries a minute, or in so many minutes)."""

    START = ("start", 300)  # by address
    FIND = ("find", 300)  # by address
    CALLBACK = ("callback", 300)  # by address
    LOGIN = ("login", 30)  # one person at one provider, whatever address she comes from
    FAILED_START = ("failed-start", 30)  # traces of them, by provider
    ENTRY = ("entry", 600)  # by address
    ENTRY_ACCOUNT = ("entry-account", 60)  # one person has so many apps
    LINK = ("link", 10)  # by address: one-use links are long, guessing them is not to be tried
    SET_UP = ("set-up", 30)  # by address: pages of set-up links, and guesses at them
    SET_UP_LOOK = ("set-up-look", 10)  # by set-up link: each makes us ask some provider
    # By address. A provider that signs everybody out says so from one address, a message a person.
    UPSTREAM_LOGOUT = ("upstream-logout", 6000)
    SIGNALS = ("signals", 6000)  # by address, likewise
    SIGN_OUT = ("sign-out", 300)  # by address
    API = ("api", 600)  # by address
    SCIM = ("scim", 6000)  # by address; a provider pushes its whole company from one
    LOCAL = ("local", 10)  # by address: passwords and second factors
    # Passwords, by what somebody typed and where from, and by the former alone: no stranger in one
    # place keeps the holder out, and strangers in many come to an end all the same.
    LOCAL_ACCOUNT = ("local-account", 20, 60)
    LOCAL_ACCOUNT_ALL = ("local-account-all", 1000, 60)
    # Second factors after the right password, likewise by account; of codes there are few enough
    # that a thousand guesses an hour would soon meet one.
    LOCAL_SECOND = ("local-second", 10, 60)
    LOCAL_SECOND_ALL = ("local-second-all", 50, 60)
    LOCAL_REFUSED = ("local-refused", 30)  # refusals that are put on record, over all

    @property
    def item(self) -> RateLimitItem:
        _, tries, *minutes = self.value
        return RateLimitItemPerMinute(tries, *minutes)


@cache
def _limiter() -> SlidingWindowCounterRateLimiter:
    address = redis_address.parse(wiring.config().redis_url)
    if address.kind is Kind.CLUSTER:
        storage: RedisStorage = RedisClusterStorage(
            "redis+cluster://",
            key_prefix="gh:limit",
            **cluster_options(address),  # type: ignore[arg-type]
        )
    else:
        pool = wiring.redis_client().connection_pool
        storage = RedisStorage("redis://", connection_pool=pool, key_prefix="gh:limit")
    return SlidingWindowCounterRateLimiter(storage)


def spend(limit: Limit, who: str) -> None:
    """One try. Raises TooManyTries, SharedCacheUnavailable."""
    name = limit.value[0]
    try:
        allowed = _limiter().hit(limit.item, name, who)
    except AWAY as error:
        raise SharedCacheUnavailable(type(error).__name__) from error
    if not allowed:
        raise TooManyTries(timedelta(minutes=limit.item.multiples or 1))
