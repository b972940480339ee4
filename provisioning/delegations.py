"""Who may draft rules for which provider, beside those who may draft all: django-guardian's rows.

Asked for where rules are changed and nowhere else: no sign-in and no request of an app comes by.
"""

from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, get_objects_for_user, get_users_with_perms, remove_perm

from providers.models import Provider
from provisioning.models import Account

_DRAFT = "providers.draft_rules"


def allow(account: Account, provider: Provider) -> bool:
    """Whether that is new."""
    if provider.slug in providers_of(account):
        return False
    assign_perm(_DRAFT, account, provider)
    return True


def withdraw(account: Account, provider: Provider) -> bool:
    """Whether there was something to take."""
    if provider.slug not in providers_of(account):
        return False
    remove_perm(_DRAFT, account, provider)
    return True


def providers_of(account: Account) -> frozenset[str]:
    """The slugs of the providers for which this person alone was named, whatever roles give."""
    found = get_objects_for_user(
        account,
        _DRAFT,
        klass=Provider,
        use_groups=False,
        with_superuser=False,
        accept_global_perms=False,
    )
    return frozenset(found.values_list("slug", flat=True))


def drafters(provider: Provider) -> tuple[Account, ...]:
    found = get_users_with_perms(
        provider,
        only_with_perms_in=["draft_rules"],
        with_superusers=False,
        with_group_users=False,
    )
    return tuple(sorted(found, key=lambda person: person.username))


def forget_provider(provider: Provider) -> None:
    """Before its row goes: nothing in the database ties these to it."""
    UserObjectPermission.objects.filter(
        permission__content_type__app_label="providers", object_pk=str(provider.pk)
    ).delete()
