"""A test sign-in: an admin goes to a provider and comes back, and nobody is signed in.

It leaves by the address that real sign-ins leave by and comes back where they do, so what is found
holds for them; the provider need not be enabled. The pending login says, under its seal, who tries
and in which session: only `flows.login` signs in, and it takes none of these. What was found is
kept for ten minutes, sealed, for her alone.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.config.keyring import KeyUse
from gateway.flows import pending
from gateway.flows.errors import TrialGone
from gateway.flows.login import Begun
from gateway.flows.pending import PendingLogin, TriedBy
from gateway.flows.rehearse import Rehearsal, failed, rehearse
from gateway.sessions.session import SessionHandle
from gateway.tokens.seal import SealBroken, seal, unseal
from gateway.traces.contents import MAX_FACT, MAX_TEXT, text
from providers import registry
from providers.connector import REQUEST_LIFETIME, AuthenticationRequest, AuthenticationResponse
from providers.errors import ProviderError, RequestUnknown
from providers.trace import tracing
from provisioning.changes import (
    AccountCreated,
    IdentityLinked,
    Provisioned,
    RoleGained,
    RoleLost,
    RoleMasked,
)
from provisioning.models import Account

KEPT = timedelta(minutes=10)
MAY_TEST = "providers.change_provider"
_MAX_ROLES = 100  # of one list on the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role that would follow or end, and why, in words."""

    role: str
    origin: str
    because: tuple[str, ...] = ()
    why: str = ""  # it does not count: "denied" or "outranked", by `origin`


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one test sign-in found; plain texts, none of them a secret. `at` is UTC.

    `account` is empty if nobody would be signed in. `joined` says how the account would come by
    this identity: "created", "verified-email", or empty where it has it already. `held` are roles
    that she has for other reasons, `missed` those that a rule was asked for and did not give.
    """

    at: datetime
    failed_check: str
    steps: list[dict[str, Any]]
    claims: dict[str, dict[str, object]] = field(repr=False)
    account: Mapping[str, str] = field(repr=False)
    joined: str
    gained: tuple[Role, ...]
    kept: tuple[Role, ...]
    lost: tuple[Role, ...]
    held: tuple[str, ...]
    masked: tuple[Role, ...]
    missed: tuple[Role, ...]


def begin(
    slug: str, callback_url: str, tried_by: TriedBy, *, fresh: bool, now: datetime
) -> Begun | str:
    """Where to send the browser; or, if the way there fails already, the name of the result.
    `fresh`: the provider is to ask who it is, whoever is signed in there.

    Raises ProviderUnknown, SharedCacheUnavailable.
    """
    provider = registry.find(slug)
    request = AuthenticationRequest(
        id=secrets.token_urlsafe(32),
        provider=slug,
        callback_url=callback_url,
        return_to="/",
        nonce=secrets.token_urlsafe(32),
        code_verifier=secrets.token_urlsafe(48),
        force_authentication=fresh,
        expires_at=now + REQUEST_LIFETIME,
    )
    with tracing(values=True) as trace:
        try:
            binding = wiring.connector_for(provider).begin(request, now)
        except ProviderError as error:
            return _kept(slug, failed(trace, error), tried_by, now)
    waiting = PendingLogin(request=request, replaces=None, tried_by=tried_by)
    return Begun(
        binding=binding,
        pending_id=pending.pending_id(request.id),
        sealed=pending.keep(waiting),
    )


def finish(
    waiting: PendingLogin,
    response: AuthenticationResponse,
    *,
    browser_session: SessionHandle | None,
    now: datetime,
) -> str:
    """Judges the provider's answer; the name of the result. Her own session stays what it was.

    `browser_session` is this browser's, if its cookie came (with a cross-site POST none does).
    Raises RequestUnknown for what is no test, was used before, or was begun by somebody who is not
    signed in any more or may not do this any more; SharedCacheUnavailable, SessionStoreUnavailable.
    """
    tried_by = waiting.tried_by
    if tried_by is None:
        raise RequestUnknown("begun to sign in, not to try the provider out")
    pending.use(waiting)
    if browser_session not in (None, tried_by.session) or not _may_still_test(tried_by):
        raise RequestUnknown("whoever began this test may not see its end")
    provider = registry.find(waiting.request.provider)
    found = rehearse(provider, waiting.request, response, now=now)
    return _kept(provider.slug, found, tried_by, now)


def result(slug: str, name: str, account: str) -> Trial:
    """What that test found, for whoever ran it. Raises TrialGone, SharedCacheUnavailable."""
    sealed = wiring.shared_cache().get(_key(name))
    if sealed is None:
        raise TrialGone(name)
    try:
        keys = wiring.key_ring().all(KeyUse.PENDING)
        content = json.loads(unseal(keys, sealed.decode(), _purpose(slug, name, account)))
    except SealBroken as error:
        raise TrialGone(name) from error
    roles = ("gained", "kept", "lost", "masked", "missed")
    read = {each: tuple(Role(**role) for role in content[each]) for each in roles}
    return Trial(**content | read | {"at": datetime.fromisoformat(content["at"])})


def _may_still_test(tried_by: TriedBy) -> bool:
    session = wiring.session_store().load(tried_by.session)
    if session is None or session.account != tried_by.account:
        return False
    found = Account.objects.filter(pk=tried_by.account, is_active=True, is_staff=True).first()
    return found is not None and found.has_perm(MAY_TEST)


def _kept(slug: str, found: Rehearsal, tried_by: TriedBy, now: datetime) -> str:
    record(
        Event.PROVIDER_TESTED,
        actor=tried_by.account,
        detail={"provider": slug, "failed_check": found.failed_check},
        at=now,
    )
    wiring.wake("audit.seal")
    name = secrets.token_urlsafe(16)
    key = wiring.key_ring().active(KeyUse.PENDING)
    content = json.dumps(_plain(found, now)).encode()
    sealed = seal(key, content, _purpose(slug, name, tried_by.account))
    wiring.shared_cache().put(_key(name), sealed.encode(), KEPT)
    return name


def _plain(found: Rehearsal, now: datetime) -> dict[str, object]:
    return {
        "at": now.isoformat(),
        "failed_check": found.failed_check,
        "steps": found.steps,
        "claims": found.claims,
        "account": _account(found.account),
        "joined": _joined(found.account),
        **_roles(found),
    }


def _account(account: Provisioned | None) -> dict[str, str]:
    if account is None:
        return {}
    told = {"username": account.username, "name": account.name, "email": account.email or ""}
    return {name: text(value, MAX_TEXT) for name, value in told.items()}


def _joined(account: Provisioned | None) -> str:
    changes = account.changes if account is not None else ()
    if any(isinstance(change, AccountCreated) for change in changes):
        return "created"
    return next((change.by for change in changes if isinstance(change, IdentityLinked)), "")


def _roles(found: Rehearsal) -> dict[str, list[Any]]:
    changes = found.account.changes if found.account is not None else ()
    roles = found.account.roles if found.account is not None else frozenset()
    masked = [change for change in changes if isinstance(change, RoleMasked)]
    hidden = {change.role for change in masked}
    gained = [c for c in changes if isinstance(c, RoleGained) and c.role not in hidden]
    lost = [change for change in changes if isinstance(change, RoleLost)]
    new = {change.role for change in gained}
    decision = found.decision
    grants = decision.grants if decision is not None else ()
    kept = [g for g in grants if g.role in roles and g.role not in new]
    missed = decision.near_misses if decision is not None else ()
    held = roles - new - {grant.role for grant in grants}
    return {
        "gained": [_role(change.role, change.origin, change.because) for change in gained],
        "kept": [_role(g.role, f"rule {g.rule} v{g.version}", g.because) for g in kept],
        "lost": [_role(change.role, change.origin, ()) for change in lost],
        "held": sorted(held),
        "masked": [_role(m.role, m.by, m.because, why=m.why) for m in masked],
        "missed": [
            _role(m.role or m.attribute, f"rule {m.rule} v{m.version}", m.because)
            for m in missed[:_MAX_ROLES]
        ],
    }


def _role(role: str, origin: str, because: tuple[str, ...], *, why: str = "") -> dict[str, object]:
    told = [text(reason, MAX_FACT) for reason in because]
    return {"role": role, "origin": origin, "because": told, "why": why}


def _key(name: str) -> str:
    return f"trial:{name}"


def _purpose(slug: str, name: str, account: str) -> str:
    return f"trial of {slug} {name} by {account}"
