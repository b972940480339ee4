"""Sessions as the console shows them."""

from dataclasses import dataclass

from django.http import HttpRequest

from gateway import wiring
from gateway.console import sought
from gateway.relying_parties.models import RelyingParty
from gateway.sessions.session import SessionHandle
from gateway.sign_ins.models import Entered, SignIn
from gateway.web.session_words import Elsewhere, elsewhere, place, seen
from providers.models import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    row: SignIn
    provider: str
    apps: tuple[str, ...]
    place: str
    seen: str  # empty if it is over
    also: tuple[Elsewhere, ...]
    own: bool  # of whoever looks


def own(request: HttpRequest) -> SessionHandle | None:
    """The session of whoever looks."""
    handle: SessionHandle | None = request.session.handle  # type: ignore[attr-defined]
    return handle


def shown(request: HttpRequest, rows: list[SignIn]) -> list[Shown]:
    """Whether each lives is asked of Redis, all at once. Raises SessionStoreUnavailable."""
    lives = wiring.session_store().left([SessionHandle(row.handle) for row in rows])
    providers = sought.names(Provider, {row.provider for row in rows})
    entries = list(Entered.objects.filter(sign_in__in=rows))
    names = sought.names(RelyingParty, {entered.relying_party for entered in entries})
    apps: dict[int, list[str]] = {}
    for entered in entries:
        apps.setdefault(entered.sign_in_id, []).append(
            names.get(entered.relying_party, entered.relying_party)
        )
    return [
        Shown(
            row=row,
            provider=providers.get(row.provider, row.provider),
            apps=tuple(apps.get(row.pk, ())),
            place=place(row.country, row.address or ""),
            seen=seen(row.idle_for, left) if left is not None else "",
            also=elsewhere(row.also),
            own=row.handle == own(request),
        )
        for row, left in zip(rows, lives, strict=True)
    ]
