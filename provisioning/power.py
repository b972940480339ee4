"""Which accounts may do anything here itself, and which roles let them."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Q

from provisioning.models import Account, HeldRole


def has_power(account: Account, staff_role: str) -> bool:
    """Whether it may do anything here itself, can be entered by a password, or would have power
    as soon as a role that it holds counts again: one that a rule denies, that another one outranks,
    or that waits for the account to be opened.
    """
    return account.pk in powerful([account], staff_role)


def powerful(accounts: Iterable[Account], staff_role: str) -> set[UUID]:
    """Which of them have power, by their keys."""
    rows = list(accounts)
    itself = {row.pk for row in rows if row.is_staff or row.is_superuser or _has_password(row)}
    keys = [row.pk for row in rows]
    gives = Q(role__permissions__isnull=False) | Q(role__name=staff_role)
    holding = HeldRole.objects.filter(gives, account__in=keys).order_by()
    may = (
        Q(user_permissions__isnull=False)
        | Q(groups__permissions__isnull=False)
        | Q(userobjectpermission__isnull=False)
        | Q(pk__in=holding.values("account"))
    )
    return itself | set(Account.objects.filter(may, pk__in=keys).values_list("pk", flat=True))


def giving_power(roles: Iterable[str], staff_role: str) -> frozenset[str]:
    """Those of these roles that let anybody do something here itself."""
    wanted = set(roles)
    may = Group.objects.filter(name__in=wanted, permissions__isnull=False)
    return frozenset(may.values_list("name", flat=True)) | frozenset(wanted & {staff_role})


def _has_password(account: Account) -> bool:
    return bool(account.password) and account.has_usable_password()
