"""A company at work over a Redis that fails: everybody signs in, is checked and is signed out, and
whatever was promised to anybody is written down.
"""

import asyncio
import itertools
import random
import threading
import time
from contextlib import suppress

from gateway.sessions.nearcache import NearCache
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.sessions.people import EDGE_RING, RING, ada

PAUSE = 0.005


class Company:
    """Two gateways and an edge. `with` it, everybody works; behind it nobody does any more."""

    def __init__(self, url, people):
        self._people = people
        self.gateways = [RedisSessionStore(connect(url), lambda: RING) for _ in range(2)]
        self.promised = {}  # sessions whose token was given to a browser
        self.ending = set()  # those that somebody tried to end
        self.ended = set()  # those of which it was said that they are over
        self.wrong = []  # an ended one was let in
        self.missed = []  # a promised one was turned away
        self.failures = []
        self.times = {"start": [], "end": [], "check": []}
        self._url = url
        self._stop = threading.Event()
        self._threads = []

    def __enter__(self):
        for gateway in self.gateways:
            gateway.start_canary()
        for work in (self._sign_in, self._sign_in, self._sign_out, self._check, self._guard):
            thread = threading.Thread(target=self._until_the_end, args=[work])
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def close(self):
        for gateway in self.gateways:
            gateway.close()

    def _until_the_end(self, work):
        try:
            work()
        except Exception as error:
            self.failures.append(error)
            raise

    def _working(self):
        while not self._stop.wait(PAUSE):
            yield random.choice(self.gateways)

    def _did(self, what):
        self.times[what].append(time.monotonic())

    def _sign_in(self):
        for gateway in self._working():
            account = random.choice(self._people)
            with suppress(SessionStoreUnavailable):
                token = gateway.start(ada(account=account))
                self.promised[token.handle] = account
                self._did("start")

    def _sign_out(self):
        for gateway in self._working():
            handle = self._one(self.promised.keys() - self.ending)
            if handle is None:
                continue
            self.ending.add(handle)
            for _ in range(400):  # whoever is told to try again does
                if self._stop.is_set():
                    return
                try:
                    gateway.end(handle)
                except SessionStoreUnavailable:
                    time.sleep(PAUSE)
                    continue
                self.ended.add(handle)
                self._did("end")
                break

    def _check(self):
        for gateway in self._working():
            for handle in self._some():
                was_over, was_alive = handle in self.ended, handle not in self.ending
                try:
                    self._heard(handle, gateway.load(handle), was_over, was_alive, "gateway")
                except SessionStoreUnavailable:
                    continue

    def _guard(self):
        async def guard():
            near = NearCache(self._url, lambda: EDGE_RING)
            running = asyncio.create_task(near.channel.run())
            while not self._stop.is_set():
                await asyncio.sleep(PAUSE)
                for handle in self._some():
                    was_over, was_alive = handle in self.ended, handle not in self.ending
                    with suppress(SessionStoreUnavailable):
                        found = near.cached(handle) or await near.load(handle)
                        self._heard(handle, found, was_over, was_alive, "edge")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        asyncio.run(guard())

    def _heard(self, handle, found, was_over, was_alive, where):
        if found is not None and was_over:
            self.wrong.append((where, handle, time.monotonic()))
        if found is None and was_alive and handle not in self.ending:
            self.missed.append((where, handle, time.monotonic()))
        self._did("check")

    def _some(self):
        return [
            handle
            for handle in (self._one(self.ended), self._one(self.promised.keys() - self.ending))
            if handle is not None
        ]

    @staticmethod
    def _one(handles):
        return random.choice(
            list(handles.copy() if isinstance(handles, set) else handles) or [None]
        )

    def recovery(self, since):
        """Seconds from a fault until each kind of work was done again, after its longest pause."""
        return {what: _longest_pause(moments, since) for what, moments in self.times.items()}

    def lost(self):
        """Sessions that were promised and never ended, and are not there."""
        gateway = self.gateways[0]
        return [h for h in self.promised if h not in self.ending and gateway.load(h) is None]

    def alive_again(self):
        """Sessions of which it was said that they are over, and which are there."""
        gateway = self.gateways[0]
        return [handle for handle in self.ended if gateway.load(handle) is not None]


def _longest_pause(moments, since):
    after = [since, *(moment for moment in moments if moment > since)]
    return round(max((b - a for a, b in itertools.pairwise(after)), default=0.0), 2)
