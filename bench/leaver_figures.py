"""People who have to go, by each source. Run by `bench.leaver`, where Django is set up."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from uuid import uuid4

from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from bench.revocation import Poller
from bench.signed_in import HOST, person, request
from gateway import wiring
from gateway.flows import inbox, sign_ins
from gateway.flows.inbox import Act, News, Source
from gateway.flows.visitor import Visitor
from gateway.sessions import cookie
from gateway.sessions.session import Session, SessionToken
from provisioning.models import Account

ROUNDS = 60
GATEWAY = "gateway.corp.localhost:8000"


class Leaver:
    """Somebody who is signed in, and who has to go."""

    def __init__(self, number: int) -> None:
        now = timezone.now()
        self.row = Account.objects.create(
            id=uuid4(), username=f"leaver-{uuid4().hex[:12]}", name=f"Person {number}"
        )
        self.session: Session = replace(
            person(number, datetime.now(UTC)), account=str(self.row.pk), started_at=now
        )
        self.token: SessionToken = wiring.session_store().start(self.session)
        sign_ins.keep(self.token.handle, self.session, Visitor(address="192.0.2.7"))

    def cookie(self, host: str) -> str:
        return cookie.write(self.token, host, wiring.key_ring())


class Administrator:
    def __init__(self) -> None:
        self.row = Account.objects.create(
            username="administrator", name="Dora", is_staff=True, is_superuser=True
        )
        session = replace(person(0, datetime.now(UTC)), account=str(self.row.pk))
        token = wiring.session_store().start(session)
        self.browser = Client(headers={"Host": GATEWAY})
        self.browser.cookies[cookie.NAME] = cookie.write(token, GATEWAY, wiring.key_ring())

    def closes(self, leaver: Leaver) -> None:
        asked = {"action": "deactivate", "_selected_action": [str(leaver.row.pk)], "confirmed": "1"}
        answer = self.browser.post("/admin/provisioning/account/", asked)
        assert answer.status_code == 302, answer.status_code


def by_command(leaver: Leaver) -> None:
    call_command("accounts", "close", leaver.row.username, reason="let go", stdout=StringIO())


def by_herself(leaver: Leaver) -> None:
    browser = Client(headers={"Host": GATEWAY})
    browser.cookies[cookie.NAME] = leaver.cookie(GATEWAY)
    assert browser.post("/sessions/not-me").status_code == 200


def by_news(source: Source, act: Act, *, named: bool = False) -> Callable[[Leaver], None]:
    """From the moment at which its message has been read and believed."""

    def go(leaver: Leaver) -> None:
        news = News(
            account=str(leaver.row.pk),
            act=act,
            source=source,
            by="corp",
            cause="bench",
            at=timezone.now(),
            id=uuid4().hex,
            sessions=((leaver.token.handle, leaver.session),) if named else None,
        )
        assert inbox.take(news).sessions == 1

    return go


def ways() -> Mapping[Source, Callable[[Leaver], None]]:
    """A further source is a further row."""
    return {
        Source.CONSOLE: Administrator().closes,
        Source.PERSON: by_herself,
        Source.COMMAND: by_command,
        Source.BACK_CHANNEL_LOGOUT: by_news(
            Source.BACK_CHANNEL_LOGOUT, Act.END_SESSIONS, named=True
        ),
        Source.SAML_LOGOUT: by_news(Source.SAML_LOGOUT, Act.END_SESSIONS, named=True),
        Source.REFRESH_REFUSED: by_news(Source.REFRESH_REFUSED, Act.END_SESSIONS, named=True),
        Source.SCIM: by_news(Source.SCIM, Act.CLOSE),
        Source.DIRECTORY: by_news(Source.DIRECTORY, Act.CLOSE),
        Source.GLOBAL_TOKEN_REVOCATION: by_news(Source.GLOBAL_TOKEN_REVOCATION, Act.END_SESSIONS),
        Source.SHARED_SIGNALS: by_news(Source.SHARED_SIGNALS, Act.CLOSE),
        Source.END_DATE: by_news(Source.END_DATE, Act.CLOSE),
    }


async def milliseconds(
    go: Callable[[Leaver], None], leaver: Leaver, pollers: list[Poller]
) -> float:
    """From the arrival of the request until the last edge refuses."""
    asked = request("/hello", session=f"{cookie.NAME}={leaver.cookie(HOST)}")
    for poller in pollers:
        assert await poller.let_in(asked)
    polled = [asyncio.create_task(poller.until_refused(asked)) for poller in pollers]
    await asyncio.sleep(0.02)
    begun = time.perf_counter()
    await asyncio.to_thread(go, leaver)
    refused = [at for _, at in await asyncio.gather(*polled)]
    return (max(refused) - begun) * 1000


async def all_of(go: Callable[[Leaver], None], ports: list[int], first: int) -> list[float]:
    pollers = [Poller(port, []) for port in ports]
    for poller in pollers:
        await poller.connect()
    took = []
    for number in range(first, first + ROUNDS):
        leaver = await asyncio.to_thread(Leaver, number)
        took.append(await milliseconds(go, leaver, pollers))
    return took


def measure(ports: list[int]) -> None:
    """Prints the milliseconds of each source, in JSON."""
    found = {}
    for at, (source, go) in enumerate(ways().items()):
        found[source.value] = asyncio.run(all_of(go, ports, 1 + at * ROUNDS))
    print(json.dumps(found))
