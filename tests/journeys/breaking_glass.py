"""A break-glass account and its holder."""

import html
import json
import re
from dataclasses import dataclass
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone

from gateway.flows import break_glass
from tests.fakes.passkey import Passkey
from tests.journeys.browser import Browser

EMAIL = "dora@corp.example"
PASSWORD = "a lighthouse keeps 3 geese"
ORIGIN = "http://gateway.corp.localhost:8000"


@dataclass
class Holder:
    """What she has written down, or holds in her hand."""

    secret: str = ""
    codes: tuple[str, ...] = ()
    passkey: Passkey | None = None

    def code(self, later: int = 0) -> str:
        """What her app shows now, or so many codes later."""
        counter = int(timezone.now().timestamp()) // 30 + later
        return format_hotp_value(hotp_value(self.secret, counter))


def link(email: str = EMAIL) -> str:
    return break_glass.make(email, actor="operator", now=timezone.now())


def asked(page: Any) -> dict[str, Any]:
    """What the page asks the browser's authenticator."""
    found = re.search(r'data-options="([^"]*)"', page.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(html.unescape(found.group(1)))
    return options


def _field(page: Any, pattern: str) -> str:
    found = re.search(pattern, page.content.decode())
    assert found is not None, page.content.decode()
    return html.unescape(found.group(1))


def set_up(browser: Browser, url: str, *, passkey: bool = False, **fields: str) -> Any:
    """The page of the link, filled in; (what it answers, what its holder has now)."""
    page = browser.get(url)
    assert page.status_code == 200
    holder = Holder(secret=_field(page, r"<code>([A-Z2-7]{32})</code>"))
    given = {
        "password": PASSWORD,
        "again": PASSWORD,
        "sealed": _field(page, r'name="sealed" value="([^"]+)"'),
        "code": "",
        "passkey": "",
    }
    if passkey:
        holder.passkey = Passkey(origin=ORIGIN, rp="gateway.corp.localhost")
        given["passkey"] = holder.passkey.create(asked(page))
    else:
        given["code"] = holder.code()
    answer = browser.post(url, given | fields)
    holder.codes = tuple(re.findall(r"<li><code>(\d{8})</code>", answer.content.decode()))
    return answer, holder


def equipped(email: str = EMAIL, *, passkey: bool = False) -> Holder:
    answer, holder = set_up(Browser(), link(email), passkey=passkey)
    assert answer.status_code == 200
    assert len(holder.codes) == 10
    return holder


def give_password(browser: Browser, password: str = PASSWORD, email: str = EMAIL) -> Any:
    browser.get("/local/")
    return browser.post("/local/", {"email": email, "password": password})


def sign_in(browser: Browser, holder: Holder) -> Any:
    """By both, with the code after the one that set the app up."""
    assert give_password(browser).status_code == 303
    page = browser.get("/local/second")
    if holder.passkey is not None:
        return browser.post("/local/second", {"passkey": holder.passkey.get(asked(page))})
    return browser.post("/local/second", {"code": holder.code(1)})
