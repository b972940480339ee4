"""Rules tried out on one person: on what her providers last said of her, or on what somebody makes
up or pastes. Decided by the code that decides at a sign-in; nothing is changed, kept or logged.
"""

import base64
import binascii
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from gateway import wiring
from gateway.flows.errors import ClaimsUnreadable
from gateway.flows.mapping import drift
from gateway.flows.mapping.kept_back import described, told
from gateway.flows.mapping.previewing import Face
from gateway.flows.mapping.unasked import Unasked, unasked
from mapping import models as mapping_models
from mapping.evidence import Evidence
from mapping.finding import Finding
from mapping.index import asked
from mapping.rules import Rule
from mapping.ruleset import Decision, RuleSet, Settled
from providers import registry
from providers.dialects import DIALECTS
from providers.errors import ProviderUnknown, ResponseInvalid
from providers.identity import ExternalIdentity, Subject
from providers.oidc.json_object import NotAnObject, json_object
from provisioning.last_identity import readable
from provisioning.models import Account, LinkedIdentity

MAX_PASTED: Final = 1_500_000  # characters, before anything reads them
_PARTS: Final = 3  # header, payload, signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule for the person's provider, asked."""

    rule: Rule
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one version says of one identity: rule by rule, then all together."""

    steps: tuple[Step, ...]
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one provider said of her, as the version in force and the new one judge it."""

    identity: ExternalIdentity = field(repr=False)
    seen_at: datetime
    on_hold: tuple[str, ...]  # claims that drift: roles that rules over them gave her stay
    before: Judged
    after: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One account under both versions. Settled is over all that it holds, from wherever."""

    face: Face
    active: bool
    words: tuple[Word, ...]
    unasked: tuple[Unasked, ...]
    not_kept: tuple[str, ...]  # providers whose word on her is not kept
    before: Settled
    after: Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Somebody made up. Her roles are those that rules give her, and nothing besides."""

    identity: ExternalIdentity = field(repr=False)
    pasted: Mapping[str, object] = field(repr=False)  # the claims alone, as they were written
    withheld: bool  # the claims say that groups were left out: no sign-in would take them
    judged: Judged
    settled: Settled


def replay(account: str, content: object, *, now: datetime) -> Replay:
    """What this content would make of somebody's last sign-ins, and what the rules in force do.

    A provider that is switched off vouches for nobody. Raises AccountUnknown, RuleInvalid.
    """
    before = mapping_models.active()
    after = mapping_models.read(before.version + 1, content)
    person = Account.objects.known(account)
    asked_now = registry.enabled_slugs()
    links: list[LinkedIdentity] = []
    ending: list[LinkedIdentity] = []
    for link in person.identities.select_related("last").order_by("pk"):
        off = link.provider not in asked_now and getattr(link, "last", None) is not None
        (ending if off else links).append(link)
    holds = drift.holding({link.pk: link.provider for link in links})
    words = {link.pk: word for link in links if (word := _word(link, holds, before, after, now))}
    rest = [link for link in links if link.pk not in words]
    stands = unasked(person, rest, ending, before, after, now)
    return Replay(
        face=Face(account=str(person.pk), username=person.username, name=person.get_full_name()),
        active=person.is_active,
        words=tuple(words.values()),
        unasked=stands,
        not_kept=tuple(link.provider for link in rest),
        before=_settled(
            person,
            before,
            [word.before for word in words.values()],
            [one for one in stands if one.before],
        ),
        after=_settled(
            person,
            after,
            [word.after for word in words.values()],
            [one for one in stands if one.after],
        ),
    )


def what_if(pasted: str, content: object, *, provider: str, now: datetime) -> Tried:
    """What this content would make of somebody of whom this provider said so: a JSON object of
    claims, or a token, of which the payload alone is read. Whether it was signed matters to nobody
    here: nobody is signed in by it.

    Raises ClaimsUnreadable, ProviderUnknown, RuleInvalid.
    """
    rules = mapping_models.read(mapping_models.active().version + 1, content)
    dialect = DIALECTS.get(registry.find(provider).dialect)
    if dialect is None:
        raise ProviderUnknown(provider)
    try:
        written = _claims(pasted)
        claims = dialect.claims(written)
    except ResponseInvalid as error:
        raise ClaimsUnreadable("more claims than one person can have") from error
    email, email_verified = dialect.email(claims)
    identity = ExternalIdentity(
        provider=provider,
        subject=Subject(issuer="", value=dialect.subject(claims)),
        claims=claims,
        username=dialect.username(claims),
        name=dialect.name(claims),
        email=email,
        email_verified=email_verified,
        authenticated_at=now,
        acr=None,
        amr=(),
        upstream_session=None,
        upstream_names=(),
    )
    judged = _judged(identity, rules, now)
    return Tried(
        identity=identity,
        pasted=written,
        withheld=dialect.groups_withheld(claims),
        judged=judged,
        settled=rules.settle(_given(judged), _denied(judged)),
    )


def _claims(pasted: str) -> Mapping[str, object]:
    """No error tells what was pasted."""
    if len(pasted) > MAX_PASTED:
        raise ClaimsUnreadable(f"more than {MAX_PASTED} characters")
    text = pasted.strip()
    if not text.startswith("{"):
        text = _payload(text)
    try:
        return json_object(text.encode())
    except (NotAnObject, UnicodeEncodeError):
        raise ClaimsUnreadable("not a JSON object of claims") from None


def _payload(token: str) -> str:
    parts = token.split(".")
    if len(parts) > _PARTS:
        raise ClaimsUnreadable("an encrypted token, which nobody here can read")
    if len(parts) != _PARTS:
        raise ClaimsUnreadable("neither a JSON object nor a token")
    payload = parts[1]  # and nothing else of it
    try:
        padded = payload + "=" * (-len(payload) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise ClaimsUnreadable("a token whose payload cannot be read") from None


def _word(
    link: LinkedIdentity, holds: drift.Holds, before: RuleSet, after: RuleSet, now: datetime
) -> Word | None:
    """None if nothing is kept, or it cannot be read."""
    last = getattr(link, "last", None)
    identity = readable(last)
    if last is None or identity is None:
        return None
    # What is not to be kept may have been named only after it was.
    hidden = wiring.config().claims_not_kept

    def judged(rules: RuleSet) -> Judged:
        alone = _judged(identity, rules, now, hidden)
        both = drift.with_before({link: alone.decision}, holds, rules, now)[link.pk]
        grants = tuple(replace(one, because=told(one.because)) for one in both.grants)
        denials = tuple(replace(one, because=told(one.because)) for one in both.denials)
        return replace(alone, decision=replace(alone.decision, grants=grants, denials=denials))

    return Word(
        identity=identity,
        seen_at=last.seen_at,
        on_hold=tuple(sorted(holds.get(link.pk, ()))),
        before=judged(before),
        after=judged(after),
    )


def _judged(
    identity: ExternalIdentity,
    rules: RuleSet,
    now: datetime,
    hidden: AbstractSet[str] = frozenset(),
) -> Judged:
    evidence = Evidence(identity, now, hidden=hidden)
    steps = tuple(
        Step(rule=rule, finding=asked(rule, evidence))
        for rule in rules.rules
        if rule.provider in {None, identity.provider}
    )
    decision = rules.decide(identity, now, hidden=hidden)
    if hidden:
        attributes = tuple(
            replace(each, value=described(rules, each.rule, each.name, each.value))
            for each in decision.attributes
        )
        decision = replace(decision, attributes=attributes)
    return Judged(steps=steps, decision=decision)


def _settled(
    person: Account, rules: RuleSet, judged: list[Judged], stands: list[Unasked]
) -> Settled:
    if not person.is_active:
        return rules.settle(frozenset(), frozenset())
    has = {one.role for one in stands if not one.denies}
    denied = {one.role for one in stands if one.denies}
    return rules.settle(has.union(*map(_given, judged)), denied.union(*map(_denied, judged)))


def _given(judged: Judged) -> frozenset[str]:
    return frozenset(grant.role for grant in judged.decision.grants)


def _denied(judged: Judged) -> frozenset[str]:
    return frozenset(denial.role for denial in judged.decision.denials)
