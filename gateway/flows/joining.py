"""Joining an account by proof: she signs in to it once more, sees both sides, and says yes.

Three steps, each proven done here and not by her browser: she came by the new identity (kept under
the secret that this browser alone has); she signed in to the old account since, in the same
browser, for this very joining (kept beside it); she says yes by a form of ours. The last step takes
both away before it looks at them: whatever becomes of it, nothing is left to be used twice.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows import login, newcomers, pending
from gateway.flows.errors import JoiningGone, JoiningMissed
from gateway.flows.login import Begun, LoggedIn
from gateway.flows.newcomers import Offered
from gateway.flows.pending import PendingLogin
from gateway.flows.visitor import Asked, Visitor
from providers import registry
from providers.connector import REQUEST_LIFETIME, AuthenticationRequest, AuthenticationResponse
from providers.errors import RequestUnknown
from providers.identity import ExternalIdentity
from providers.models import Provider
from provisioning import linking
from provisioning.models import Account, LinkedIdentity
from provisioning.policy import PROOF_LIFETIME, LinkPolicy, Proof

# She signs in at the old provider anew; what it saw longer ago than this is no proof, and the
# connector refuses it, as it does what does not say when it was.
FRESH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """An account that was proven to be hers, and by what."""

    username: str
    name: str
    provider: str  # name
    known_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Both sides: who came, and the account if one was proven."""

    provider: str  # name of the new one
    username: str
    name: str
    email: str
    return_to: str
    newcomers: Provider.Newcomers
    account: Side | None


def look(secret: str, now: datetime) -> Joining:
    """How far it is. Raises JoiningGone, ProviderUnknown, SharedCacheUnavailable."""
    name = newcomers.name_of(secret)
    offered = newcomers.look(name, now)
    provider = registry.enabled(offered.identity.provider)
    try:
        proof: Proof | None = _proof(wiring.shared_cache().get(_key(name)), name, offered)
    except JoiningGone:
        proof = None
    return Joining(
        provider=provider.name,
        username=offered.identity.username,
        name=offered.identity.name,
        email=offered.identity.email or "",
        return_to=offered.return_to,
        newcomers=Provider.Newcomers(provider.newcomers),
        account=_side(proof),
    )


def begin(secret: str, slug: str, callback_url: str, *, now: datetime) -> Begun:
    """Leaves for a provider that knows her already. It has to see her anew.

    Raises JoiningGone, ProviderUnknown, ProviderUnreachable, ProviderMisconfigured.
    """
    name = newcomers.name_of(secret)
    newcomers.look(name, now)
    provider = registry.enabled(slug)
    request = AuthenticationRequest(
        id=secrets.token_urlsafe(32),
        provider=slug,
        callback_url=callback_url,
        return_to="/",
        nonce=secrets.token_urlsafe(32),
        code_verifier=secrets.token_urlsafe(48),
        force_authentication=True,
        expires_at=now + REQUEST_LIFETIME,
        max_age=FRESH,
    )
    binding = wiring.connector_for(provider).begin(request, now)
    waiting = PendingLogin(request=request, replaces=None, proves=name)
    return Begun(
        binding=binding,
        pending_id=pending.pending_id(request.id),
        sealed=pending.keep(waiting),
    )


def prove(
    waiting: PendingLogin, response: AuthenticationResponse, *, reference: str, now: datetime
) -> None:
    """Keeps the proof beside what it is for. Nobody is signed in.

    Raises JoiningGone, JoiningMissed; ProviderError, which is on record; ProvisioningError;
    SharedCacheUnavailable.
    """
    if not waiting.proves:
        raise RequestUnknown("begun to sign in, not to prove an account")
    slug = waiting.request.provider
    with login.followed(slug, reference=reference, now=now) as trace:
        provider = registry.enabled(slug)
        pending.use(waiting)
        trace.passed("request.unused")
        identity = wiring.connector_for(provider).complete(waiting.request, response, now)
    joins = newcomers.look(waiting.proves, now).identity.provider
    linked = _known(identity, provider, joins, reference=reference, now=now)
    content = {"account": str(linked.account_id), "linked": linked.pk, "given_at": now}
    wiring.shared_cache().put(
        _key(waiting.proves),
        newcomers.sealed(content, _purpose(waiting.proves)),
        PROOF_LIFETIME,
    )


def confirm(secret: str, *, visitor: Visitor, reference: str, now: datetime) -> LoggedIn:
    """She has seen both sides and says yes: joined, and signed in.

    Raises JoiningGone, and what `login.complete` does once the provider has answered.
    """
    name = newcomers.name_of(secret)
    kept = wiring.shared_cache().take(_key(name))
    offered = newcomers.take(name, now)
    proof = _proof(kept, name, offered)
    return _admit(offered, visitor, reference, now, proof=proof)


def as_new(secret: str, *, visitor: Visitor, reference: str, now: datetime) -> LoggedIn:
    """She says that no account here is hers. Raises as `confirm`; ApprovalWanted, NotAdmitted."""
    name = newcomers.name_of(secret)
    wiring.shared_cache().take(_key(name))
    return _admit(newcomers.take(name, now), visitor, reference, now, proof=None)


def cancel(secret: str, *, now: datetime) -> None:
    """Nothing of it is left. Raises JoiningGone, SharedCacheUnavailable."""
    name = newcomers.name_of(secret)
    wiring.shared_cache().take(_key(name))
    newcomers.take(name, now)


def _admit(
    offered: Offered, visitor: Visitor, reference: str, now: datetime, *, proof: Proof | None
) -> LoggedIn:
    slug = offered.identity.provider
    asked = Asked(
        return_to=offered.return_to,
        begun_at=offered.begun_at,
        visitor=visitor,
        idp_initiated=offered.idp_initiated,
        remember=offered.remember,
        proof=proof,
        is_new=proof is None,
    )
    with login.followed(slug, reference=reference, now=now) as trace:
        provider = registry.enabled(slug)
        logged_in = login.admit(
            offered.identity, provider, asked, trace, reference=reference, now=now
        )
    login.end_replaced(visitor, by=logged_in.account, now=now)
    return logged_in


def _known(
    identity: ExternalIdentity, provider: Provider, joins: str, *, reference: str, now: datetime
) -> LinkedIdentity:
    """The identity by which she is known. Nobody is made or joined by a proof."""
    with transaction.atomic():
        policy, staff_role = LinkPolicy.of(provider, now), wiring.config().staff_role
        action = linking.decide(identity, policy, now, staff_role=staff_role)
        if isinstance(action, linking.Refuse):
            raise action.error
        if not isinstance(action, linking.Known):
            raise JoiningMissed(f"{provider.slug} names nobody whom an account knows")
        account = str(action.linked.account_id)
        record(
            Event.ACCOUNT_PROVEN,
            actor=account,
            account=account,
            reference=reference,
            detail={"provider": provider.slug, "joins": joins},
            at=now,
        )
    wiring.wake("audit.seal")
    return action.linked


def _proof(kept: bytes | None, name: str, offered: Offered) -> Proof:
    content = newcomers.opened(kept, _purpose(name))
    return Proof(
        account=content["account"],
        linked=content["linked"],
        asked_at=offered.asked_at,
        given_at=datetime.fromisoformat(content["given_at"]),
    )


def _side(proof: Proof | None) -> Side | None:
    if proof is None:
        return None
    rows = LinkedIdentity.objects.select_related("account")
    linked = rows.filter(pk=proof.linked, account_id=proof.account).first()
    if linked is None:
        return None
    account: Account = linked.account
    name = Provider.objects.filter(slug=linked.provider).values_list("name", flat=True).first()
    return Side(
        username=account.username,
        name=account.get_full_name(),
        provider=name or linked.provider,
        known_as=linked.username,
    )


def _key(name: str) -> str:
    return f"joining-proof:{name}"


def _purpose(name: str) -> str:
    return f"proof for joining {name}"
