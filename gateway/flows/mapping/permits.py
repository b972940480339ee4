"""Who may do what with the rules. Nothing else judges it.

The actor is an account's id. An operator, who publishes by a file, never asks here.
"""

import uuid

from gateway.flows.errors import NotPermitted
from mapping.pieces import changed, pieces
from mapping.ruleset import RuleSet
from provisioning.models import Account

DRAFT = "mapping.draft_rules"
APPROVE = "mapping.approve_rules"
PUBLISH = "mapping.publish_rules"
VIEW = "mapping.view_rulesetversion"


def may_see(account: Account) -> bool:
    return any(account.has_perm(each) for each in (VIEW, DRAFT, APPROVE, PUBLISH))


def may_draft(account: Account) -> bool:
    """Something at least."""
    return account.has_perm(DRAFT)


def may_change(account: Account, before: RuleSet, after: RuleSet) -> bool:
    """Make the one into the other."""
    return account.has_perm(DRAFT) or not _names(before, after)


def see(actor: str) -> None:
    """Raises NotPermitted, as all below."""
    _refuse(may_see(_account(actor)), "read the rules")


def draft(actor: str) -> None:
    _refuse(may_draft(_account(actor)), "draft rules")


def change(actor: str, before: RuleSet, after: RuleSet) -> None:
    account = _account(actor)
    _refuse(may_draft(account), "draft rules")
    _refuse(may_change(account, before, after), "change these rules")


def approve(actor: str) -> None:
    _refuse(_account(actor).has_perm(APPROVE), "approve rules")


def publish(actor: str) -> None:
    _refuse(_account(actor).has_perm(PUBLISH), "publish rules")


def _account(actor: str) -> Account:
    """As it is now, not as it was when the caller's request began."""
    try:
        found = Account.objects.filter(pk=uuid.UUID(actor), is_active=True).first()
    except ValueError:
        found = None
    if found is None:
        raise NotPermitted("no active account")
    return found


def _names(before: RuleSet, after: RuleSet) -> list[str]:
    return [name for those in changed(pieces(before), pieces(after)).values() for name in those]


def _refuse(permitted: bool, what: str) -> None:  # noqa: FBT001
    if not permitted:
        raise NotPermitted(f"may not {what}")
