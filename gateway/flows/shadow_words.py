"""What a draft of settings makes otherwise of a sign-in, in words. Pure.

By the policy of traces: what a provider says of a person is told by kind and number, and in its own
words only where the provider's setting `trace_claims` says so.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.traces.causes.table import Failure
from gateway.traces.contents import MAX_FACT, MAX_TEXT, text
from mapping.ruleset import RuleSet
from providers.identity import ClaimSet, ExternalIdentity

MAX_WORDS = 12  # sentences of one sign-in
MAX_NAMES = 5  # of one list


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What some settings made of a provider's answer: a person, or the check that failed."""

    identity: ExternalIdentity | None = field(default=None, repr=False)
    failed_check: str = ""
    expected: str = ""
    received: str = ""
    not_asked: str = ""  # what only the live settings may ask, and did not
    places: tuple[str, ...] = ()  # where claims were read

    @classmethod
    def of(cls, failed: Failure) -> "Verdict":
        return cls(
            failed_check=text(failed.check, MAX_TEXT),
            expected=text(failed.expected, MAX_FACT),
            received=text(failed.received, MAX_FACT),
        )

    def heard(self, claims: Mapping[str, object]) -> "Verdict":
        return replace(self, places=tuple(claims))

    @property
    def refusal(self) -> str:
        facts = (("expected", self.expected), ("received", self.received))
        told = [f"{name} {fact}" for name, fact in facts if fact]
        return f"{self.failed_check} ({', '.join(told)})" if told else self.failed_check


def differences(
    live: Verdict,
    draft: Verdict,
    rules: RuleSet,
    settings: Mapping[str, object],
    *,
    now: datetime,
) -> list[str]:
    """A sentence each; none if the draft makes the same of it. `settings` are the live ones."""
    if live.identity is None or draft.identity is None:
        return _of_verdicts(live, draft)
    shown = settings.get("trace_claims") is True
    found = [
        *_of_person(live.identity, draft.identity, shown=shown),
        *_of_roles(live.identity, draft.identity, rules, now),
        *_of_places(live.places, draft.places),
        *_of_claims(live.identity.claims, draft.identity.claims),
    ]
    return found[:MAX_WORDS]


def _of_verdicts(live: Verdict, draft: Verdict) -> list[str]:
    if draft.not_asked and live.identity is None:
        return [f"The draft gets past {live.refusal}, where the live settings refuse."]
    if draft.not_asked:
        return [f"The draft would ask something else, which was not done: {draft.not_asked}."]
    if live.failed_check == draft.failed_check:
        return []
    if live.identity is not None:
        return [f"The draft refuses at {draft.refusal}; the live settings accept."]
    if draft.identity is not None:
        return [f"The draft accepts; the live settings refuse at {live.refusal}."]
    return [f"The draft refuses at {draft.refusal}; the live settings at {live.refusal}."]


def _of_person(live: ExternalIdentity, draft: ExternalIdentity, *, shown: bool) -> list[str]:
    pairs = {
        "subject's issuer": (live.subject.issuer, draft.subject.issuer),
        "subject": (live.subject.value, draft.subject.value),
        "username": (live.username, draft.username),
        "name": (live.name, draft.name),
        "e-mail address": (live.email or "", draft.email or ""),
        "word on whether the address is verified": (
            _yes(live.email_verified),
            _yes(draft.email_verified),
        ),
    }
    told = [
        _other(what, before, after, shown=shown)
        for what, (before, after) in pairs.items()
        if before != after
    ]
    before, after = (set(identity.claims.texts("groups")) for identity in (live, draft))
    for verb, groups in (("Gains", after - before), ("Loses", before - after)):
        if groups:
            names = f": {_listed(groups)}" if shown else ""
            told.append(f"{verb} {len(groups)} group{'s' if len(groups) > 1 else ''}{names}.")
    return told


def _of_roles(
    live: ExternalIdentity, draft: ExternalIdentity, rules: RuleSet, now: datetime
) -> list[str]:
    before, after = (_counting(rules, identity, now) for identity in (live, draft))
    return [
        f"{verb} the role{'s' if len(roles) > 1 else ''} {_listed(roles)}."
        for verb, roles in (("Gains", after - before), ("Loses", before - after))
        if roles
    ]


def _counting(rules: RuleSet, identity: ExternalIdentity, now: datetime) -> frozenset[str]:
    """The roles that would count if nothing else were known of her."""
    decision = rules.decide(identity, now)
    held = {grant.role for grant in decision.grants}
    return rules.settle(held, {denial.role for denial in decision.denials}).roles


def _of_places(live: tuple[str, ...], draft: tuple[str, ...]) -> list[str]:
    if live == draft:
        return []
    return [f"Claims from {_joined(draft)} instead of {_joined(live)}."]


def _of_claims(live: ClaimSet, draft: ClaimSet) -> list[str]:
    """By their names; groups are told by themselves."""
    before, after = live.keys() - {"groups"}, draft.keys() - {"groups"}
    others = {name for name in before & after if live[name] != draft[name]}
    found = (("New", after - before), ("No", before - after), ("Another value of the", others))
    return [
        f"{what} claim{'s' if len(names) > 1 else ''} {_listed(names)}."
        for what, names in found
        if names
    ]


def _other(what: str, before: str, after: str, *, shown: bool) -> str:
    if not after:
        return f"No {what}."
    told = f": {text(after, MAX_TEXT)} instead of {text(before, MAX_TEXT) or 'none'}"
    return f"Another {what}{told if shown else ''}."


def _yes(value: bool) -> str:  # noqa: FBT001
    return "yes" if value else "no"


def _listed(names: AbstractSet[str]) -> str:
    first = [text(name, MAX_TEXT) for name in sorted(names)[:MAX_NAMES]]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def _joined(places: tuple[str, ...]) -> str:
    return ", ".join(places) or "nowhere"
