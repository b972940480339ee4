"""What stands beside a rule's form: its sentence, how many it is about, and a few of their faces.

And what the form's fields are picked from: claims and values that people really have. Both are for
whoever drafts all rules, or all of the provider that the rule is for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from gateway.console.mapping import tree
from gateway.console.mapping.rule_form import RuleForm
from gateway.flows.errors import PreviewTooLong
from gateway.flows.mapping import kept_back, permits, population
from gateway.flows.mapping.counting import Count, count
from mapping.columns import Column
from mapping.errors import RuleInvalid
from mapping.sentences import sentence
from mapping.sentences.parts import Sentence
from provisioning.models import Account

MAX_LISTED = 50  # of a list to pick from


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    sentence: Sentence
    counted: Count | None = None
    uncounted: str = ""  # why not


def beside(
    form: RuleForm, names: Mapping[str, str], account: Account, now: datetime | None
) -> Beside:
    """Counted if there is a `now`."""
    rule = form.plain()
    said = sentence(rule, names)
    provider = rule.get("provider")
    if now is None or not may_look(account, provider):
        return Beside(sentence=said)
    try:
        return Beside(sentence=said, counted=count(rule["when"], provider=provider, now=now))
    except RuleInvalid:
        told = gettext(
            "As soon as each condition is whole, it says here how many people are meant."
        )
    except PreviewTooLong:
        told = gettext(
            "This takes too long to count while you type; the draft’s preview counts it."
        )
    return Beside(sentence=said, uncounted=told)


def may_look(account: Account, provider: str | None) -> bool:
    """At the people whom a rule for this provider is about; None for every provider."""
    return account.has_perm(permits.DRAFT) or provider in permits.providers_of(account)


def claims_seen(now: datetime | None) -> list[str]:
    """The claims that anybody has; here and below, none without a `now`, nor any of which nothing
    is to be kept.
    """
    return sorted(_columns(now))


def values_seen(claim: str, prefix: str, now: datetime) -> list[str]:
    """Texts of this claim that begin so."""
    column = _columns(now).get(claim)
    return column.texts(prefix)[:MAX_LISTED] if column else []


def pickers(root: tree.Group, now: datetime | None) -> dict[str, list[str]]:
    """For each row of the condition that is about a claim, by its address."""
    columns = _columns(now)
    return {
        address: columns[row.claim].texts()[:MAX_LISTED]
        for address, row in _rows(root, "when")
        if row.claim in columns
    }


def _columns(now: datetime | None) -> Mapping[str, Column]:
    return kept_back.columns(population.kept(now).population) if now else {}


def _rows(node: tree.Node, address: str) -> Iterator[tuple[str, tree.Row]]:
    if isinstance(node, tree.Row):
        yield address, node
        return
    for at, part in enumerate(node.parts):
        yield from _rows(part, f"{address}.{at}")
