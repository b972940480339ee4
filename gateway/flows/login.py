"""Signing in, whichever provider and protocol: begin, and complete.

`complete` is the road that everything else hangs on. Its checks stand in the order of their price:
the browser's own seal, then the provider's answer over the network, then one short transaction in
which the session is started last. The account's row is locked until the commit, so a deactivation
either comes first (this sign-in fails) or second (it finds the session and ends it).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows import (
    ending,
    limits,
    newcomers,
    pending,
    recheck,
    return_to,
    session_start,
    step_up,
    traces,
)
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.directories import completing
from gateway.flows.errors import TooManyTries
from gateway.flows.mapping import drift
from gateway.flows.pending import PendingLogin
from gateway.flows.shadow import Beside
from gateway.flows.visitor import Asked, Visitor
from gateway.sessions.session import SessionHandle, SessionToken, UpstreamSessionEnded
from mapping import models as mapping_models
from providers import registry
from providers.connector import (
    REQUEST_LIFETIME,
    AuthenticationRequest,
    AuthenticationResponse,
    Binding,
)
from providers.errors import ProviderError, RequestUnknown, SharedCacheUnavailable
from providers.identity import ExternalIdentity, Subject
from providers.models import Provider
from providers.trace import Trace, tracing
from provisioning import linking
from provisioning.errors import ApprovalWanted, ProofWanted, ProvisioningError
from provisioning.jit import provision


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginStart:
    """What the surface knows when a person asks to sign in at one provider."""

    provider: str  # slug
    state: str  # 43 characters
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    callback_url: str
    return_to: str
    force_authentication: bool
    replaces: SessionHandle | None
    login_hint: str = ""
    ui_locales: tuple[str, ...] = ()
    remember: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    binding: Binding
    pending_id: str
    sealed: str = field(repr=False)  # for this browser's cookie


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    token: SessionToken
    account: str
    provider: str  # slug; empty for a local sign-in
    return_to: str
    remember: bool = False


def begin(start: LoginStart, *, reference: str, now: datetime) -> Begun:
    """Raises ProviderUnknown, ReturnRefused, ProviderUnreachable, ProviderMisconfigured (the last
    two leave a trace, thirty a minute: whoever begins is nobody yet).
    """
    provider = registry.enabled(start.provider)
    wanted = return_to.checked(start.return_to)
    demand = step_up.on_the_way_to(wanted)
    request = AuthenticationRequest(
        id=start.state,
        provider=provider.slug,
        callback_url=start.callback_url,
        return_to=wanted,
        nonce=start.nonce,
        code_verifier=start.code_verifier,
        force_authentication=start.force_authentication,
        expires_at=now + REQUEST_LIFETIME,
        acr_values=demand.acr,
        max_age=demand.max_age,
        login_hint=start.login_hint,
        ui_locales=start.ui_locales,
    )
    with tracing() as trace:
        try:
            binding = wiring.connector_for(provider).begin(request, now)
        except ProviderError as error:
            with suppress(TooManyTries, SharedCacheUnavailable):
                limits.spend(limits.Limit.FAILED_START, provider.slug)
                traces.keep_failure(
                    trace, error, provider=provider.slug, reference=reference, at=now
                )
            raise
    return Begun(
        binding=binding,
        pending_id=pending.pending_id(request.id),
        sealed=pending.keep(
            PendingLogin(request=request, replaces=start.replaces, remember=start.remember)
        ),
    )


def complete(
    waiting: PendingLogin,
    response: AuthenticationResponse,
    *,
    visitor: Visitor,
    beside: Beside,
    reference: str,
    now: datetime,
) -> LoggedIn:
    """Signs in whoever the provider's answer to `waiting` names.

    `beside` sees what a draft of the provider's settings is to judge later. Raises ProviderError,
    ProvisioningError, UpstreamSessionEnded (each leaves a record and a trace), TooManyTries,
    SessionStoreUnavailable.
    """
    slug = waiting.request.provider
    with followed(slug, reference=reference, now=now) as trace:
        if waiting.tried_by is not None or waiting.proves:
            raise RequestUnknown("begun to try the provider out or to prove, not to sign in")
        provider = registry.enabled(slug)
        pending.use(waiting)
        trace.passed("request.unused")
        identity = beside.identity(
            provider,
            lambda connector: connector.complete(waiting.request, response, now),
            trace,
            reference=reference,
            now=now,
        )
        request = waiting.request
        if waiting.replaces is not None:
            visitor = replace(visitor, sessions=visitor.sessions | {waiting.replaces})
        asked = Asked(
            return_to=request.return_to,
            begun_at=request.begun_at,
            visitor=visitor,
            remember=waiting.remember,
        )
        logged_in = admit(identity, provider, asked, trace, reference=reference, now=now)
    end_replaced(visitor, by=logged_in.account, now=now)
    return logged_in


@contextmanager
def followed(slug: str, *, reference: str, now: datetime) -> Iterator[Trace]:
    """Follows a sign-in at this provider; if it fails, record and trace say why, and the error
    climbs.
    """
    with tracing() as trace:
        try:
            yield trace
        except (ProviderError, ProvisioningError, UpstreamSessionEnded) as error:
            with transaction.atomic():
                record(
                    Event.LOGIN_FAILED,
                    actor=slug,
                    account=getattr(error, "account", ""),
                    reference=reference,
                    detail={"provider": slug, "code": error.code, "problem": str(error)},
                    at=now,
                )
                traces.keep_failure(trace, error, provider=slug, reference=reference, at=now)
            wiring.wake("audit.seal")
            raise


def end_replaced(visitor: Visitor, *, by: str, now: datetime) -> None:
    """What a browser was signed in as before ends, once it is signed in anew."""
    ending.replaced(visitor.sessions, by=by, at=now)
    wiring.wake("audit.seal")
    wiring.wake("outbox.deliver")


def admit(
    identity: ExternalIdentity,
    provider: Provider,
    asked: Asked,
    trace: Trace,
    *,
    reference: str,
    now: datetime,
) -> LoggedIn:
    """Lets in whoever a connector vouches for: account, roles, record and session in one
    transaction. Nothing begins that the provider ended since `asked.begun_at`, or if it is off now.

    Who is to show that an account is hers, or waits for an administrator, is kept for that;
    ProofWanted and ApprovalWanted say where.
    """
    limits.spend(limits.Limit.LOGIN, _counted_as(identity.subject))
    try:
        return _admitted(identity, provider, asked, trace, reference=reference, now=now)
    except ProofWanted as wanted:
        raise ProofWanted(newcomers.offer(identity, asked, now=now)) from wanted
    except ApprovalWanted as wanted:
        asked_before = newcomers.ask(identity, reference=reference, now=now)
        raise ApprovalWanted(asked_before) from wanted
    except (ProvisioningError, UpstreamSessionEnded) as error:
        error.account = linking.whose(identity.subject)
        raise


def _admitted(
    identity: ExternalIdentity,
    provider: Provider,
    asked: Asked,
    trace: Trace,
    *,
    reference: str,
    now: datetime,
) -> LoggedIn:
    slug = provider.slug
    policy = newcomers.policy(provider, asked, now)
    started: SessionToken | None = None
    try:
        with transaction.atomic(durable=True):
            rules = mapping_models.in_force()
            registry.still_enabled(provider)  # from here on whoever switches it off waits
            identity = completing.with_groups(identity)
            provisioned = provision(
                identity,
                drift.decided(identity, rules, actor=slug, now=now),
                rules,
                policy=policy,
                staff_role=wiring.config().staff_role,
                now=now,
            )
            record_changes(provisioned.changes, actor=slug, reference=reference, at=now)
            detail = {"provider": slug, "acr": identity.acr or "", "ruleset": rules.version}
            record(
                Event.LOGIN_SUCCEEDED,
                actor=provisioned.account,
                account=provisioned.account,
                reference=reference,
                detail=detail | ({"idp_initiated": True} if asked.idp_initiated else {}),
                at=now,
            )
            trace.passed("account.admitted")
            traces.keep_success(
                trace,
                provider=slug,
                account=provisioned.account,
                reference=reference,
                at=now,
            )
            roles = {provisioned.account: provisioned.roles}
            write_roles(provisioned.changes, roles, rules.version)
            started = session_start.start_from_provider(
                provisioned, identity, ruleset=rules.version, asked=asked, now=now
            )
            recheck.begin(wiring.connector_for(provider), identity, started.handle, now=now)
    except BaseException:
        # The commit did not happen: a session that was started in it is nobody's. Its token was
        # never sent, and it ends here.
        if started is not None:
            wiring.session_store().end(started.handle)
        raise
    session_start.keep_logout_hint(started, identity)
    return LoggedIn(
        token=started,
        account=provisioned.account,
        provider=slug,
        return_to=asked.return_to,
        remember=asked.remember,
    )


def _counted_as(subject: Subject) -> str:
    return sha256(f"{subject.issuer}\0{subject.value}".encode(errors="replace")).hexdigest()
