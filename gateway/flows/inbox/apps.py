"""Which apps hear that somebody has to go, and what they are told (RFC 8417).

A security event token is signed when it is sent, under a key of its own use, and names the same id
each time, so that an app heeds it once.
"""

import json
from collections.abc import Collection
from datetime import datetime

from gateway import wiring
from gateway.departures.models import Act, Departure, Notice
from gateway.flows.inbox.news import News
from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.models import Entered
from gateway.tokens.keys import Typ, sign

SESSION_REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
ACCOUNT_DISABLED = "https://schemas.openid.net/secevent/risc/event-type/account-disabled"
OPERATOR = ""  # in the place of an app's slug


def leave_notices(news: News, departure: Departure, *, to_operator: bool) -> int:
    """What is to be told, in the transaction of the departure; how many shall hear it.

    Of a closed account every app hears that wants to; of ended sessions those that she entered.
    """
    slugs = _wanting()
    if slugs and news.act is Act.END_SESSIONS:
        entered = Entered.objects.filter(sign_in__account__pk=news.account, relying_party__in=slugs)
        if news.sessions is not None:
            named = [handle for handle, _ in news.sessions]
            entered = entered.filter(sign_in__handle__in=named)
        been = set(entered.order_by().values_list("relying_party", flat=True))
        slugs = [slug for slug in slugs if slug in been]
    if to_operator:
        slugs.append(OPERATOR)
    Notice.objects.bulk_create(
        Notice(departure=departure, relying_party=slug, created_at=news.at, next_attempt_at=news.at)
        for slug in slugs
    )
    return len(slugs)


def leave_notices_of(departures: Collection[Departure], ended: Collection[int]) -> int:
    """The same of many people, whose sessions ended: by the keys of these in the index."""
    slugs = _wanting()
    if not slugs:
        return 0
    by_account = {each.account_id: each for each in departures}
    entered = Entered.objects.filter(sign_in__in=ended, relying_party__in=slugs).order_by()
    been = set(entered.values_list("sign_in__account", "relying_party"))
    made = Notice.objects.bulk_create(
        Notice(
            departure=by_account[account],
            relying_party=slug,
            created_at=by_account[account].at,
            next_attempt_at=by_account[account].at,
        )
        for account, slug in sorted(been)
    )
    return len(made)


def _wanting() -> list[str]:
    """Apps that want to hear of it."""
    wanting = RelyingParty.objects.filter(enabled=True).exclude(endings_url="")
    return list(wanting.order_by("slug").values_list("slug", flat=True))


def event_token(notice: Notice, app: RelyingParty, now: datetime) -> str:
    """What the app is sent: whose, what and when, never why. Raises KeyRingInvalid."""
    departure, issuer = notice.departure, wiring.config().base_url
    closed = departure.act == Act.CLOSE
    event: dict[str, object] = {} if closed else {"initiating_entity": "system"}
    content = {
        "iss": issuer,
        "aud": app.origins,
        "iat": int(now.timestamp()),
        "jti": str(notice.jti),
        "sub_id": {"format": "iss_sub", "iss": issuer, "sub": str(departure.account_id)},
        "events": {
            ACCOUNT_DISABLED if closed else SESSION_REVOKED: event
            | {"event_timestamp": int(departure.at.timestamp())}
        },
    }
    return sign(wiring.key_ring(), Typ.EVENT, json.dumps(content, separators=(",", ":")).encode())
