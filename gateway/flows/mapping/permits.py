"""Who may do what with the rules. Nothing else judges it.

The actor is an account's id. An operator, who publishes by a file, never asks here. Whoever was
named for one provider drafts the rules for its people and its default role, and nothing that can
concern others.
"""

from collections.abc import Mapping

from django.contrib.auth.models import Group

from gateway import wiring
from gateway.flows.errors import NotPermitted
from mapping.pieces import Pieces, changed, pieces, provider_of
from mapping.ruleset import RuleSet
from provisioning import delegations
from provisioning.models import Account

DRAFT = "mapping.draft_rules"
APPROVE = "mapping.approve_rules"
PUBLISH = "mapping.publish_rules"
VIEW = "mapping.view_rulesetversion"
PEOPLE = "provisioning.view_account"


def may_see(account: Account) -> bool:
    return any(account.has_perm(each) for each in (VIEW, APPROVE, PUBLISH)) or may_draft(account)


def may_see_claims(account: Account) -> bool:
    """What providers said of somebody, be it why she has a role or what other rules make of it:
    for whoever may see the rules and look at people. To change rules does not take it.
    """
    return may_see(account) and account.has_perm(PEOPLE)


def may_draft(account: Account) -> bool:
    """Something at least."""
    return account.has_perm(DRAFT) or bool(providers_of(account))


def may_see_people(account: Account) -> bool:
    """Whom a change touches, by name, with the roles that she loses and gains: whoever drafts all
    rules, approves or publishes has to know, and whoever may look at accounts knows already.
    """
    return any(account.has_perm(each) for each in (DRAFT, APPROVE, PUBLISH, PEOPLE))


def providers_of(account: Account) -> frozenset[str]:
    """For which she may draft if she may not draft all rules."""
    return delegations.providers_of(account) if account.is_active else frozenset()


def may_change(account: Account, before: RuleSet, after: RuleSet) -> bool:
    """Make the one into the other."""
    if account.has_perm(DRAFT):
        return True
    own = providers_of(account)
    old, new = pieces(before), pieces(after)
    if any(provider not in own for provider in _touched(old, new)):
        return False
    return not (_roles_touched(old, new) & _mighty())


def may_delegate(account: Account) -> bool:
    return account.has_perm(PUBLISH)


def see(actor: str) -> None:
    """Raises NotPermitted, as all below."""
    _refuse(may_see(_account(actor)), "read the rules")


def sees_people(actor: str) -> bool:
    return may_see_people(_account(actor))


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


def delegate(actor: str) -> None:
    _refuse(may_delegate(_account(actor)), "let others draft rules")


def _account(actor: str) -> Account:
    """As it is now, not as it was when the caller's request began."""
    found = Account.objects.acting(actor)
    if found is None:
        raise NotPermitted("no account")
    return found


def _touched(before: Pieces, after: Pieces) -> set[str | None]:
    """Whose people a change concerns: as it was and as it shall be."""
    names = [name for those in changed(before, after).values() for name in those]
    return {
        provider_of(name, side[name]) for side in (before, after) for name in names if name in side
    }


def _roles_touched(before: Pieces, after: Pieces) -> set[str]:
    """The roles that a change speaks of, as it was and as it shall be."""
    names = [name for those in changed(before, after).values() for name in those]
    said = [side[name] for side in (before, after) for name in names if name in side]
    rules = [piece for piece in said if isinstance(piece, Mapping)]
    return {
        *(piece for piece in said if isinstance(piece, str)),
        *(role for rule in rules for key in ("roles", "denies") for role in rule.get(key, ())),
    }


def _mighty() -> set[str]:
    """Roles with which somebody may do something in the gateway itself: only whoever drafts all
    rules gives or denies them.
    """
    with_permissions = Group.objects.filter(permissions__isnull=False)
    return {wiring.config().staff_role, *with_permissions.values_list("name", flat=True)}


def _refuse(permitted: bool, what: str) -> None:  # noqa: FBT001
    if not permitted:
        raise NotPermitted(f"may not {what}")
