"""Taking the news that somebody must go."""

from collections.abc import Callable
from dataclasses import replace

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.departures.models import Act, Departure
from gateway.flows import api_tokens, ending, last_administrator
from gateway.flows.errors import LastWayIn
from gateway.flows.inbox import apps, mailing
from gateway.flows.inbox.news import News, Outcome
from gateway.sessions.session import Session, SessionHandle
from provisioning import lifecycle
from provisioning.changes import Closing
from provisioning.models import Account, Source

_NOTHING = Closing(added=False, closed=False)


def take(news: News, whose: Callable[[], str] | None = None) -> Outcome:
    """Ends what the news says, in one step; a second time, by its id, changes nothing.

    Without an id it does again whatever is left to do. If Redis does not answer, all of it rolls
    back, and the sender is to say it again. Without whom nobody could administer is not closed:
    that word is held, and counts as not taken yet. Raises AccountUnknown, SessionStoreUnavailable;
    LastWayIn for an administrator who says it while there is no other way in.

    `whose` says whose account it is about, for whoever looked that up by an identity: it may have
    moved to another account until this one's row was locked, and then the news is about that too.
    """
    outcome = _taken(news)
    meant = whose() if whose is not None else news.account
    if meant in ("", news.account):
        return outcome
    return take(replace(news, account=meant), whose)


def _taken(news: News) -> Outcome:
    with transaction.atomic():
        # A sign-in under way comes first or second, never between.
        person = lifecycle.locked(news.account)
        known = Departure.objects.filter(key=news.key).first() if news.key else None
        if known is not None:
            return Outcome(sessions=known.sessions, repeated=True, departure=known.pk)
        if news.act is Act.CLOSE and last_administrator.is_last(person, now=news.at):
            if last_administrator.holds(news.source):
                return _held(news, person)
            if news.source is Source.CONSOLE and not last_administrator.another_way():
                raise LastWayIn(f"without {news.account} nobody could open the console")
        closing = _close(news) if news.act is Act.CLOSE else _NOTHING
        tokens = api_tokens.revoke_all(news.account, now=news.at) if news.tokens_too else []
        sessions = _hers(news)
        if news.key or closing.added or tokens or sessions:
            row = _kept(news, len(sessions))
            departure, told = row.pk, apps.leave_notices(news, row, to_operator=_to_operator(news))
            _put_on_record(news, closing, sessions, tokens)
        else:
            departure, told = None, 0
        only = None if news.sessions is None else [handle for handle, _ in news.sessions]
        ending.unrecorded(news.account, news.order, only=only)
    transaction.on_commit(lambda: _wake(to_tell=bool(told or sessions)))
    return Outcome(sessions=len(sessions), closed=closing.closed, departure=departure)


def _wake(*, to_tell: bool) -> None:
    """Whoever seals the record, and whoever tells apps and asks edges for their receipt."""
    wiring.wake("audit.seal")
    if to_tell:
        wiring.wake("departures.tell")


def _held(news: News, person: Account) -> Outcome:
    added = lifecycle.hold(
        person,
        source=news.source,
        by=news.by,
        cause=news.cause,
        now=news.at,
        said_at=news.said_at,
    )
    if added:
        record(
            Event.CLOSURE_HELD,
            actor=news.by,
            account=news.account,
            reference=news.reference,
            detail={"source": news.source.value, "reason": news.cause},
            at=news.at,
        )
        transaction.on_commit(lambda: wiring.wake("audit.seal"))
    return Outcome(held=True)


def _to_operator(news: News) -> bool:
    return news.source is Source.PERSON and mailing.may_mail()


def _close(news: News) -> Closing:
    return lifecycle.close(
        news.account,
        source=news.source,
        by=news.by,
        cause=news.cause,
        now=news.at,
        said_at=news.said_at,
    )


def _hers(news: News) -> list[tuple[SessionHandle, Session]]:
    """What lives and is to end, as far as the store lists it."""
    live = wiring.session_store().of_account(news.account)
    if news.sessions is None:
        return list(live)
    named = {handle for handle, _ in news.sessions}
    return [each for each in live if each[0] in named]


def _kept(news: News, sessions: int) -> Departure:
    return Departure.objects.create(
        account_id=news.account,
        act=news.act,
        source=news.source,
        by=news.by,
        cause=news.cause,
        key=news.key,
        at=news.at,
        sessions=sessions,
    )


def _put_on_record(
    news: News,
    closing: Closing,
    sessions: list[tuple[SessionHandle, Session]],
    tokens: list[str],
) -> None:
    """One row, whatever the news did."""
    detail: dict[str, object] = {"source": news.source.value, "reason": news.cause}
    if closing.closed or closing.added:
        event = Event.ACCOUNT_DEACTIVATED if closing.closed else Event.CLOSURE_ADDED
    else:
        event = Event.SESSIONS_ENDED
    if event is Event.SESSIONS_ENDED and news.sessions is not None and len(sessions) == 1:
        event = Event.SESSION_ENDED
        detail |= {"provider": sessions[0][1].provider}
    else:
        detail |= {"count": len(sessions), "tokens": tokens}
    record(
        event,
        actor=news.by,
        account=news.account,
        reference=news.reference,
        detail=detail,
        at=news.at,
    )
