"""Who may open a watch, how many there are, and how each of them is let go."""

import asyncio

from gateway.edge import asgi, watch
from gateway.sessions import cookie
from tests.gateway.edge.watched import (
    ALIVE,
    GONE,
    TOKEN,
    House,
    line,
    told,
)
from tests.gateway.sessions.people import ada
from tests.gateway.sessions.scripted import (
    notice,
    scripted,
    until,
)

OTHER_OF_HERS = cookie.new_token(ada().account)


@scripted()
async def test_nobody_signed_in_watches_nothing(near, redis):
    house = House(near, redis)
    assert (await house.ask(cookie="")).status == 401
    assert (await house.asked("", GONE)).status == 401
    assert house.tried == []


@scripted()
async def test_what_may_not_be_opened_may_not_be_watched(near, redis):
    house = House(near, redis)
    for path in ("/admin", "/assets/../admin"):
        answer = await house.asked(f"path={path}", told(roles=frozenset()), notice(TOKEN.handle))
        assert answer.status == 403


@scripted()
async def test_another_site_cannot_watch(near, redis):
    house = House(near, redis)
    for site in ("cross-site", "same-site"):
        assert (await house.ask(sec_fetch_site=site)).status == 403


@scripted()
async def test_a_watch_is_a_get(near, redis):
    house = House(near, redis)
    for method in ("HEAD", "POST", "OPTIONS"):
        assert (await house.ask(method=method)).status == 405


@scripted()
async def test_tries_are_counted_by_session(near, redis):
    house = House(near, redis)
    house.patience = False
    answer = await house.asked()
    assert (answer.status, dict(answer.headers)["retry-after"]) == (429, "60")
    assert house.tried == [("watch", TOKEN.handle)]


@scripted(module=watch, bounds={"MAX_OF_A_SESSION": 1})
async def test_one_session_holds_so_many_and_whoever_leaves_makes_room(near, redis):
    house = House(near, redis)
    async with house.open():
        assert (await house.ask()).status == 429
    assert near._sessions._watchers == {}
    assert (await house.ask()).status == 200


@scripted(module=watch, bounds={"MAX_OF_AN_ACCOUNT": 1})
async def test_one_person_holds_so_many_in_all_her_browsers_and_nobody_else_pays(near, redis):
    house = House(near, redis)
    async with house.open():
        assert (await house.asked_by(OTHER_OF_HERS)).status == 429
        assert (await house.asked_by(cookie.new_token("ben"), account="ben")).status == 200
    assert (await house.ask(cookie=line(OTHER_OF_HERS))).status == 200
    assert not house.watches._of_account


@scripted()
async def test_one_process_holds_so_many(near, redis):
    house = House(near, redis, most=1)
    async with house.open():
        answer = await house.ask()
        assert (answer.status, dict(answer.headers)["retry-after"]) == (503, "5")
    assert (await house.ask()).status == 200


@scripted(module=watch, bounds={"LOOK_SECONDS": 60.0})
async def test_a_process_that_ends_breaks_off_without_a_word(near, redis):
    house = House(near, redis)
    async with house.open() as said:
        house.watches.close()
        assert await said.to_the_end() == [ALIVE, b""]
        assert (await house.ask()).status == 503


@scripted(module=asgi, bounds={"READER_SECONDS": 0.05})
async def test_who_does_not_read_is_dropped(near, redis):
    house = House(near, redis)
    answer = await house.asked()

    async def receive():
        await asyncio.Event().wait()

    async with asyncio.timeout(2):
        await asgi.streamed(answer.stream, receive, lambda _: asyncio.Event().wait())
    assert near._sessions._watchers == {}


@scripted()
async def test_who_leaves_is_watched_for_no_longer(near, redis):
    house = House(near, redis)
    answer = await house.asked()
    sent = []

    async def receive():
        await until(lambda: sent)
        return {"type": "http.disconnect"}

    async def send(event):
        sent.append(event)

    async with asyncio.timeout(2):
        await asgi.streamed(answer.stream, receive, send)
    assert [event["body"] for event in sent] == [ALIVE]
    assert near._sessions._watchers == {}
