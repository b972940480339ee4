"""Which buttons a draft has for this person now; where one is missing, why, and whom to ask."""

from dataclasses import dataclass

from django.utils.translation import gettext

from gateway.console.mapping.who import whom_to_ask
from gateway.flows.mapping import permits
from gateway.wiring import config
from mapping import models as mapping_models
from mapping.models import Draft
from provisioning.models import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    buttons: tuple[str, ...]  # the likeliest first
    missing: tuple[str, ...]  # sentences
    may_change: bool
    may_publish: bool


def next_steps(row: Draft, account: Account, *, changed: bool) -> Steps:
    """Only what is shown; the flow judges each step again."""
    if not row.alive:
        return Steps(buttons=(), missing=(), may_change=False, may_publish=False)
    me = str(account.pk)
    may_change = permits.may_draft(account)
    outdated = row.based_on != mapping_models.active().version
    buttons: list[str] = []
    missing: list[str] = []
    if changed and outdated:
        missing.append(gettext("First bring it up to date with the version in force."))
    elif changed:
        _submitting(row, me, buttons, missing, account)
        _publishing(row, me, buttons, missing, account)
    if row.state != Draft.State.OPEN and (may_change or account.has_perm(permits.APPROVE)):
        buttons.append("take-back")
    return Steps(
        buttons=tuple(name for name in buttons if name != "publish"),
        missing=tuple(missing),
        may_change=may_change,
        may_publish="publish" in buttons,
    )


def _submitting(
    row: Draft, me: str, buttons: list[str], missing: list[str], account: Account
) -> None:
    """Asking for a second person's word, and giving it."""
    if row.state == Draft.State.OPEN:
        if permits.may_draft(account):
            buttons.append("submit")
    elif row.state == Draft.State.SUBMITTED:
        hands = {*row.unapproved_authors, row.submitted_by}
        if me in hands:
            told = gettext("You had a hand in it, so somebody else has to approve it.")
            missing.append(f"{told} {whom_to_ask(permits.APPROVE, but=hands)}")
        elif account.has_perm(permits.APPROVE):
            buttons.append("approve")
        else:
            told = gettext("You may not approve drafts.")
            missing.append(f"{told} {whom_to_ask(permits.APPROVE, but=hands)}")


def _publishing(
    row: Draft, me: str, buttons: list[str], missing: list[str], account: Account
) -> None:
    if config().rules_need_approval and row.state != Draft.State.APPROVED:
        if row.state == Draft.State.OPEN:
            missing.append(gettext("Before it is published, a second person has to approve it."))
    elif account.has_perm(permits.PUBLISH):
        buttons.append("publish")
    else:
        told = gettext("You may not publish rules.")
        missing.append(f"{told} {whom_to_ask(permits.PUBLISH, but=[me])}")
