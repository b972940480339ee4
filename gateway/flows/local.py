"""Signing in without a provider: the one way in, and the operator's one-use link for it."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows import session_start
from gateway.flows.changes import record_changes
from gateway.flows.configuration import WantedRole
from gateway.flows.configure import save_role
from gateway.flows.errors import LinkUnknown, NotPermitted
from gateway.flows.login import LoggedIn, end_replaced
from gateway.flows.visitor import Visitor
from gateway.sessions.session import SessionToken
from mapping import models as mapping_models
from provisioning import jit, roles
from provisioning.models import Account, RoleInfo

LINK_LIFETIME = timedelta(minutes=15)
_APPS = (
    *("providers", "mapping", "provisioning", "audit"),
    *("relying_parties", "api_tokens", "sign_ins", "traces", "break_glass"),
)
FIRST_ADMIN_PERMISSIONS = tuple(f"{app}.*" for app in _APPS)


def _nothing(_person: Account) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWay:
    """How somebody comes in for whom no provider vouches."""

    event: Event
    detail: Mapping[str, object]
    amr: tuple[str, ...]
    acr: str | None = None
    life: timedelta | None = None  # None: as long as any session
    # Each with the account's row locked: what must be true still, and what is kept besides.
    before: Callable[[Account], None] = _nothing
    beside: Callable[[Account], None] = _nothing


def admit(
    account: str, way: LocalWay, *, visitor: Visitor, reference: str, now: datetime
) -> SessionToken:
    """Starts the session of an account that has shown what its way in demands, as the last step of
    one transaction. Raises AccountClosed, AccountUnknown, SessionStoreUnavailable, what `before`
    does.
    """
    started: SessionToken | None = None
    try:
        with transaction.atomic(durable=True):
            person = Account.objects.locked(account)
            way.before(person)
            provisioned = jit.returning(account, now=now)
            record(
                way.event,
                actor=account,
                account=account,
                reference=reference,
                detail=way.detail,
                at=now,
            )
            way.beside(person)
            started = session_start.start_locally(
                provisioned, visitor, amr=way.amr, acr=way.acr, life=way.life, now=now
            )
    except BaseException:
        # The commit did not happen: the session is nobody's, and its token was never sent.
        if started is not None:
            wiring.session_store().end(started.handle)
        raise
    return started


def make_admin_link(*, email: str, now: datetime) -> str:
    """A link that signs one browser in as a staff account of this address, once.

    The account is made if there is none; it never is one that a provider vouches for, so a link
    never opens somebody else's account. Raises NotPermitted when the operator named no staff role.
    """
    staff_role = wiring.config().staff_role
    if not staff_role:
        raise NotPermitted("GATEHOUSE_STAFF_ROLE names no role that opens the console")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        rules = mapping_models.in_force()
        ensure_staff_role(staff_role, now)
        account, changes = jit.local_account(email, now=now)
        gained = roles.grant_by_hand(
            account,
            staff_role,
            by="operator",
            rules=rules,
            staff_role=staff_role,
            now=now,
        )
        record_changes((*changes, *gained), actor="operator", at=now)
        record(Event.ADMIN_LINK_MADE, actor="operator", account=account, detail={}, at=now)
        content = json.dumps({"account": account}).encode()
        wiring.shared_cache().put(_key(secret), content, LINK_LIFETIME)
    wiring.wake("audit.seal")
    return f"{wiring.config().base_url}/link/{secret}"


def use_admin_link(secret: str, *, visitor: Visitor, reference: str, now: datetime) -> LoggedIn:
    """Signs in whoever holds the link, once. Raises LinkUnknown, AccountClosed."""
    content = wiring.shared_cache().take(_key(secret))
    if content is None:
        raise LinkUnknown("no such link")
    account = str(json.loads(content)["account"])
    way = LocalWay(event=Event.ADMIN_LINK_USED, detail={}, amr=("link",))
    started = admit(account, way, visitor=visitor, reference=reference, now=now)
    end_replaced(visitor, by=account, now=now)
    return LoggedIn(token=started, account=account, provider="", return_to="/admin/")


def ensure_staff_role(name: str, now: datetime) -> None:
    """On a gateway that nobody has configured yet the first administrator may do everything."""
    if RoleInfo.objects.filter(role__name=name).exists():
        return
    role = WantedRole(
        name=name, label="Gatehouse administrator", permissions=FIRST_ADMIN_PERMISSIONS
    )
    save_role(role, actor="operator", now=now)


def link_waits(secret: str) -> bool:
    """Whether the link still works; looking at it does not use it up."""
    return wiring.shared_cache().get(_key(secret)) is not None


def _key(secret: str) -> str:
    return f"admin-link:{sha256(secret.encode()).hexdigest()}"
