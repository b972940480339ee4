"""What rules make of one person, role by role, each with its reason: for people to read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext

from gateway.console.mapping.who import names_of
from gateway.flows.mapping.trying import Judged, Replay, Tried, Word
from gateway.flows.mapping.unasked import Unasked
from mapping.rules import DEFAULT
from mapping.ruleset import Masked, Settled
from mapping.sentences import sentence
from mapping.sentences.parts import Sentence

MAX_MISSED = 5  # rules named that nearly gave a role

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    said: str  # which rule, or whose hand
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A role under one version."""

    state: Literal["has", "masked", "lacks"]
    words: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTold:
    role: str
    before: Side | None  # None where only one version was asked
    after: Side

    @property
    def kind(self) -> Literal["gained", "lost", "kept"]:
        had = self.before is not None and self.before.state == "has"
        has = self.after.state == "has"
        if self.before is None or had == has:
            return "kept"
        return "gained" if has else "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTold:
    """One rule that was asked, in words, and what it said."""

    rule: str
    sentence: Sentence
    held: bool | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTold:
    """What one provider said of her, rule by rule."""

    provider: str
    word: Word
    held: list[StepTold]
    missed: list[StepTold]
    attributes: list[tuple[str, str, str]]  # name, before, after


def replayed_roles(seen: Replay, names: Names, *, alone: bool) -> list[RoleTold]:
    """What changes stands first. `alone` where both versions are one."""
    hands = names_of(one.given_by for one in seen.unasked if one.given_by)
    old = [
        *(_judged(word.before, names) for word in seen.words),
        _standing([one for one in seen.unasked if one.before], hands, names),
    ]
    new = [
        *(_judged(word.after, names) for word in seen.words),
        _standing([one for one in seen.unasked if one.after], hands, names),
    ]
    told = [
        RoleTold(
            role=role,
            before=None if alone else _side(role, seen.before, old),
            after=_side(role, seen.before, old) if alone else _side(role, seen.after, new),
        )
        for role in sorted({*_roles(seen.before), *([] if alone else _roles(seen.after))})
    ]
    return sorted(told, key=lambda one: ("lost", "gained", "kept").index(one.kind))


def replayed_words(seen: Replay, names: Names) -> list[WordTold]:
    return [
        WordTold(
            provider=names.get(word.identity.provider, word.identity.provider),
            word=word,
            held=_steps(word.after, names, held=True),
            missed=_steps(word.after, names, held=False),
            attributes=_attributes(word),
        )
        for word in seen.words
    ]


def tried_roles(seen: Tried, names: Names) -> list[RoleTold]:
    """Those that she would have first, then those that rules speak of and that she would not."""
    judged = [_judged(seen.judged, names)]
    near = {miss.role for miss in seen.judged.decision.near_misses if miss.role and not miss.denies}
    told = [
        RoleTold(role=role, before=None, after=_side(role, seen.settled, judged))
        for role in sorted({*_roles(seen.settled), *near})
    ]
    return sorted(told, key=lambda one: ("has", "masked", "lacks").index(one.after.state))


def tried_steps(seen: Tried, names: Names) -> tuple[list[StepTold], list[StepTold]]:
    """The rules that hold, and the others."""
    return _steps(seen.judged, names, held=True), _steps(seen.judged, names, held=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speaks:
    """For each role what gives, denies, or nearly gives it."""

    given: list[tuple[str, Reason]]
    denied: list[tuple[str, Reason]]
    missed: list[tuple[str, Reason]]


def _judged(judged: Judged, names: Names) -> _Speaks:
    decision = judged.decision
    return _Speaks(
        given=[
            (one.role, Reason(said=_by(one.rule, one.provider, names), because=one.because))
            for one in decision.grants
        ],
        denied=[
            (one.role, Reason(said=_by(one.rule, one.provider, names), because=one.because))
            for one in decision.denials
        ],
        missed=[
            (miss.role, Reason(said=_by(miss.rule, miss.provider, names), because=miss.because))
            for miss in decision.near_misses
            if not miss.denies
        ],
    )


def _standing(stands: Iterable[Unasked], hands: Names, names: Names) -> _Speaks:
    told = [(one, _unasked(one, hands, names)) for one in stands]
    return _Speaks(
        given=[(one.role, reason) for one, reason in told if not one.denies],
        denied=[(one.role, reason) for one, reason in told if one.denies],
        missed=[],
    )


def _unasked(one: Unasked, hands: Names, names: Names) -> Reason:
    if one.given_by:
        return Reason(said=gettext("by hand, %s") % hands[one.given_by])
    if one.ending:
        why = gettext("the provider is switched off, so it ends with the next version")
    else:
        why = gettext("as last decided; nothing is kept that could be asked again")
    return Reason(said=_by(one.rule, one.provider, names), because=(why,))


def _side(role: str, settled: Settled, judged: Sequence[_Speaks]) -> Side:
    given = tuple(_of(role, (pair for one in judged for pair in one.given)))
    if role in settled.roles:
        return Side(state="has", words=gettext("has it"), reasons=given)
    masked = next((one for one in settled.masked if one.role == role), None)
    if masked is not None:
        denied = tuple(_of(role, (pair for one in judged for pair in one.denied)))
        return Side(state="masked", words=_masked(masked), reasons=(*denied, *given))
    missed = tuple(_of(role, (pair for one in judged for pair in one.missed)))
    return Side(state="lacks", words=gettext("does not"), reasons=missed[:MAX_MISSED])


def _masked(masked: Masked) -> str:
    if masked.why == "denied":
        return gettext("does not: it is denied")
    return gettext("does not: %s outranks it") % masked.by


def _of(role: str, pairs: Iterable[tuple[str, Reason]]) -> Iterator[Reason]:
    return (reason for name, reason in pairs if name == role)


def _by(rule: str, provider: str, names: Names) -> str:
    words = {"rule": rule, "provider": names.get(provider, provider)}
    if rule == DEFAULT:
        return gettext("everyone at %(provider)s") % words
    return gettext("rule “%(rule)s” at %(provider)s") % words


def _roles(settled: Settled) -> Iterator[str]:
    yield from settled.roles
    yield from (masked.role for masked in settled.masked)


def _steps(judged: Judged, names: Names, *, held: bool) -> list[StepTold]:
    return [
        StepTold(
            rule=step.rule.id,
            sentence=sentence(step.rule.plain(), names),
            held=step.finding.held,
            because=step.finding.because,
        )
        for step in judged.steps
        if (step.finding.held is True) is held
    ]


def _attributes(word: Word) -> list[tuple[str, str, str]]:
    before = {one.name: one.value for one in word.before.decision.attributes}
    after = {one.name: one.value for one in word.after.decision.attributes}
    return [(name, before.get(name, ""), after.get(name, "")) for name in sorted({*before, *after})]
