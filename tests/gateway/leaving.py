"""Somebody who goes, and comes back, by an administrator's word."""

from django.utils import timezone

from gateway.flows import inbox
from gateway.flows.inbox import Act, News, Outcome, Source


def news(account: object, act: Act = Act.CLOSE, **fields: object) -> News:
    told: dict[str, object] = {"source": Source.CONSOLE, "by": "dora", "cause": "left"}
    told |= {"at": timezone.now(), **fields}
    return News(account=str(account), act=act, **told)  # type: ignore[arg-type]


def close(account: object, **fields: object) -> Outcome:
    return inbox.take(news(account, **fields))


def reopen(account: object, *, by: str = "dora") -> bool:
    return inbox.reopen(
        account=str(account), source=Source.CONSOLE, by=by, cause="back", at=timezone.now()
    )
