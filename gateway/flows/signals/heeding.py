"""One signal: whose account it is about, what an admin said is to be done, and doing it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from django.db import transaction

from gateway import wiring
from gateway.flows.inbox import Act, News, Source, lift, take
from gateway.flows.signals.people import whose
from gateway.sessions.session import Session, SessionHandle
from gateway.streams.doings import Doing, doing
from gateway.streams.models import ReceivedSet, SignalStream
from providers.models import Provider
from providers.oidc.logout import session_name
from providers.signals.event_token import EventToken
from providers.signals.events import Kind, Signal
from provisioning import upstream
from provisioning.models import Account

_OF_STREAMS = frozenset({Kind.VERIFICATION, Kind.STREAM_UPDATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a signal comes to. `account` is empty where it is nobody's."""

    signal: Signal
    doing: Doing
    account: str
    id: str  # of this event, for ever
    said_at: datetime  # by its token

    @property
    def kept(self) -> dict[str, str]:
        """As it stands in the row of what was received."""
        return {"kind": self.signal.kind, "doing": self.doing, "account": self.account}


def plans(
    told: EventToken, signals: Iterable[Signal], stream: SignalStream, now: datetime
) -> list[Plan]:
    """Of one token, in the caller's transaction, which has then locked whom they are about.

    Raises ProviderMisconfigured.
    """
    found = [
        Plan(
            signal=signal,
            doing=doing(signal.kind, stream.doings),
            account="" if signal.kind in _OF_STREAMS else whose(signal.about, stream.provider, now),
            id=f"{stream.pk} {told.id} {number}",
            said_at=told.issued_at,
        )
        for number, signal in enumerate(signals)
    ]
    Account.objects.lock_all({each.account for each in found if each.account})
    return [_in_time(each, stream.provider) for each in found]


def _in_time(plan: Plan, provider: Provider) -> Plan:
    """What closes an account that the provider has opened since, ends the sessions alone."""
    if plan.doing is not Doing.CLOSE or not plan.account:
        return plan
    later = ReceivedSet.objects.filter(
        stream__provider=provider,
        issued_at__gt=plan.said_at,
        events__icontains=plan.account,
    )
    opened = any(
        each.get("account") == plan.account and each.get("doing") == Doing.LIFT
        for events in later.order_by().values_list("events", flat=True)
        for each in events
    )
    return replace(plan, doing=Doing.END) if opened else plan


def heed(plan: Plan, stream: SignalStream, *, reference: str, now: datetime) -> None:
    """In the caller's transaction, as its last step. Raises AccountUnknown,
    SessionStoreUnavailable.
    """
    news = News(
        account=plan.account,
        act=Act.CLOSE if plan.doing is Doing.CLOSE else Act.END_SESSIONS,
        source=Source.SHARED_SIGNALS,
        by=stream.provider.slug,
        cause=plan.signal.kind.value,
        at=now,
        said_at=plan.said_at,
        id=plan.id,
        reference=reference,
    )
    if plan.doing is Doing.END:
        _end(plan, news, stream.provider)
    elif plan.account:
        _heed(plan, news, stream.provider)


def _heed(plan: Plan, news: News, provider: Provider) -> None:
    match plan.doing:
        case Doing.CLOSE:
            take(news, lambda: whose(plan.signal.about, provider, news.at))
        case Doing.LIFT:
            lift(
                account=news.account,
                source=news.source,
                by=news.by,
                cause=news.cause,
                at=news.at,
                said_at=news.said_at,
            )
        case Doing.ASK:
            unasked = _ask(news.account, news.by, news.at)
            if unasked:
                take(replace(news, sessions=unasked))


def _end(plan: Plan, news: News, provider: Provider) -> None:
    one = _one_session(plan, provider)
    if one is None:
        if plan.account:
            take(news)
        return
    for account in sorted({session.account for _, session in one}):
        hers = tuple(each for each in one if each[1].account == account)
        take(replace(news, account=account, sessions=hers))


def _one_session(
    plan: Plan, provider: Provider
) -> tuple[tuple[SessionHandle, Session], ...] | None:
    """The one session that is meant, as far as it lives, and of her whom the signal names; None if
    all of hers are. Sign-ins of that name that are under way are barred.
    """
    about = plan.signal.about
    single = plan.signal.kind is Kind.SESSION_REVOKED and about.session
    if not single or provider.protocol != Provider.Protocol.OIDC:
        return None
    if about.names and not plan.account:
        return ()
    found = wiring.session_store().bar_upstream(provider.slug, session_name(about.session))
    return tuple(each for each in found if plan.account in ("", each[1].account))


def _ask(account: str, provider: str, now: datetime) -> tuple[tuple[SessionHandle, Session], ...]:
    """Has the provider asked about her, at once. What it gave no leave to ask again for: those
    sessions of it must end, and the next sign-in says what holds.
    """
    asked = upstream.due_now(account, provider, now)
    transaction.on_commit(partial(wiring.wake, "upstream.recheck"))
    live = wiring.session_store().of_account(account)
    return tuple(
        (handle, session)
        for handle, session in live
        if session.provider == provider and handle not in asked
    )
