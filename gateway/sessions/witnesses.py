"""Asks all witnesses at once, for readers that wait for none of them (see `views`)."""

import asyncio

from gateway.config.redis_address import Kind, Place, RedisAddress
from gateway.sessions.tracking import ConnectionLost, TrackedConnection, meet
from gateway.sessions.views import View, Witnesses


class Council:
    """The witnesses of one event loop."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._witnesses = Witnesses(address)
        self._connections: dict[Place, TrackedConnection] = {}

    async def view(self) -> View | None:
        """What most of them say now; None if they do not. Half a second each at most."""
        said: dict[Place, View] = {}
        asked: set[Place] = set()
        while whom := {*self._witnesses.whom} - asked:
            asked |= whom
            agreed = await self._agreed(whom, said)
            if agreed is not None or not self._witnesses.led_on(said):
                return agreed
        return None

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    async def _agreed(self, whom: set[Place], said: dict[Place, View]) -> View | None:
        """As soon as there is a majority; nobody waits for the rest."""
        asking = {asyncio.create_task(self._hear(place)): place for place in whom}
        try:
            while asking:
                done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    place, heard = asking.pop(task), task.result()
                    if heard is not None:
                        said[place] = heard
                agreed = self._witnesses.agreed(said)
                if agreed is not None:
                    return agreed
        finally:
            for task in asking:
                task.cancel()
        return None

    async def _hear(self, place: Place) -> View | None:
        try:
            connection = self._connections.get(place)
            if connection is None or connection.is_lost:
                sentinel = self._address.kind is Kind.SENTINEL
                login = self._address.sentinel_login if sentinel else self._address.login
                connection = self._connections[place] = await meet(self._address, place, login)
            questions = self._witnesses.questions
            answers = await asyncio.gather(*(connection.request(*each) for each in questions))
            return self._witnesses.understood(place, list(answers))
        except ConnectionLost:
            lost = self._connections.pop(place, None)
            if lost is not None:
                lost.close()
            return None
