"""Why a step was refused, and whom to ask: sentences for whoever pressed the button."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gateway.console.mapping.who import account_of, provider_names, whom_to_ask
from gateway.flows.errors import (
    ApprovalMissing,
    ApprovalOfOwn,
    NothingChanged,
    NotPermitted,
    PreviewTooLong,
    RulesConflict,
    RulesDraftGone,
    RulesDraftMoved,
    RulesDraftStale,
)
from gateway.flows.mapping import permits
from gateway.relying_parties.definition import DefinitionInvalid
from mapping.errors import RuleInvalid, RuleSetStale, RuleSetUnknown

REFUSALS = (
    *(ApprovalMissing, ApprovalOfOwn, NothingChanged, NotPermitted, RulesConflict),
    *(PreviewTooLong, RulesDraftGone, RulesDraftMoved, RulesDraftStale, DefinitionInvalid),
    *(RuleInvalid, RuleSetStale, RuleSetUnknown),
)


_CHANGED = _(
    "Nothing was done: somebody changed this draft meanwhile, or took it a step on. "
    "Look at it as it is now, then decide."
)
_OUTDATED = _(
    "Nothing was done: another version was published meanwhile. Bring the draft up to date, then "
    "look at it again."
)
_WORDS: Mapping[type[Exception], Promise] = {
    NotPermitted: _("You may not do this."),
    ApprovalOfOwn: _("You had a hand in this draft, so somebody else has to approve it."),
    ApprovalMissing: _("A second person has to approve it first: submit it, and ask."),
    NothingChanged: _("The rules in force say all this already, so there is nothing to do."),
    PreviewTooLong: _(
        "Nothing was found out within a minute. Expressions in CEL are asked person by person: put "
        "a condition of another kind beside them, or look again when less is going on."
    ),
    RulesDraftGone: _("Somebody published or dropped this draft meanwhile. Begin another."),
    RulesDraftMoved: _CHANGED,
    RulesDraftStale: _CHANGED,
    RuleSetStale: _OUTDATED,
    RulesConflict: _OUTDATED,
    RuleSetUnknown: _("There is no such version."),
}


def said(refusal: Exception, *, permission: str = permits.DRAFT, actor: str = "") -> str:
    """`permission` is what the step needs, `actor` whoever it was refused."""
    if isinstance(refusal, DefinitionInvalid):
        return "; ".join(f"{fault.field} {fault.problem}" for fault in refusal.faults)
    words = _WORDS.get(type(refusal))
    if words is None:
        return str(refusal)
    if isinstance(refusal, ApprovalOfOwn | ApprovalMissing):
        permission = permits.APPROVE
    elif not isinstance(refusal, NotPermitted):
        return str(words)
    if permission == permits.DRAFT and (own := _own(actor)):
        told = _("You may change the rules and the default role of %s alone.") % ", ".join(own)
        return f"{told} {whom_to_ask(permission, but=[actor])}"
    return f"{words} {whom_to_ask(permission, but=[actor])}"


def _own(actor: str) -> list[str]:
    """The names of the providers for which somebody may draft who may not draft all rules."""
    names, account = provider_names(), account_of(actor)
    own = () if account.has_perm(permits.DRAFT) else permits.providers_of(account)
    return sorted(names.get(slug, slug) for slug in own)
