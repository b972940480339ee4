"""Signing in without a provider: the operator's one-use link for the first administrator."""

import json
import secrets
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
from provisioning.models import RoleInfo

LINK_LIFETIME = timedelta(minutes=15)
_APPS = (
    *("providers", "mapping", "provisioning", "audit"),
    *("relying_parties", "api_tokens", "sign_ins", "traces"),
)
FIRST_ADMIN_PERMISSIONS = tuple(f"{app}.*" for app in _APPS)


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
        _ensure_staff_role(staff_role, now)
        account, changes = jit.local_account(email, now=now)
        gained = roles.grant_by_hand(
            account,
            staff_role,
            by="operator",
            rules=mapping_models.in_force(),
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
    started: SessionToken | None = None
    try:
        with transaction.atomic(durable=True):
            provisioned = jit.returning(account, now=now)
            record(
                Event.ADMIN_LINK_USED,
                actor=account,
                account=account,
                reference=reference,
                detail={},
                at=now,
            )
            started = session_start.start_locally(provisioned, visitor, amr=("link",), now=now)
    except BaseException:
        if started is not None:
            wiring.session_store().end(started.handle)
        raise
    end_replaced(visitor, by=account, now=now)
    return LoggedIn(token=started, account=account, provider="", return_to="/admin/")


def _ensure_staff_role(name: str, now: datetime) -> None:
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
