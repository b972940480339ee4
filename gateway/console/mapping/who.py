"""People as these pages name them: who did something, and whom to ask for it."""

from collections.abc import Collection

from django.db.models import Q
from django.utils.translation import gettext

from gateway.web.names import called, id_of, names_of
from providers.models import Provider
from provisioning.models import Account

__all__ = ["account_of", "called_like", "names_of", "provider_names", "whom_to_ask"]

MAX_ASKED = 3  # names of whom to ask


def account_of(actor: str) -> Account:
    return Account.objects.get(pk=actor)


def called_like(words: str) -> Q:
    """Of an account whose username, name or address has these words in it."""
    return Q(username__icontains=words) | Q(name__icontains=words) | Q(email__icontains=words)


def provider_names() -> dict[str, str]:
    """By their short names."""
    return dict(Provider.objects.values_list("slug", "name"))


def whom_to_ask(permission: str, *, but: Collection[str] = ()) -> str:
    """A sentence with the names of people who may do it, without those whose ids are in `but`."""
    app, _, codename = permission.partition(".")
    theirs = {"codename": codename, "content_type__app_label": app}
    held = Q(is_superuser=True)
    for path in ("groups__permissions", "user_permissions"):
        held |= Q(**{f"{path}__{name}": value for name, value in theirs.items()})
    people = Account.objects.filter(held, is_active=True, is_staff=True).distinct()
    apart = [key for actor in but if (key := id_of(actor)) is not None]
    asked = [called(one) for one in people.exclude(pk__in=apart).order_by("name")[:MAX_ASKED]]
    if not asked:
        return gettext("Nobody else may yet: whoever gives out roles can give one that may.")
    if len(asked) == 1:
        return gettext("Ask %s.") % asked[0]
    return gettext("Ask %(some)s or %(last)s.") % {
        "some": ", ".join(asked[:-1]),
        "last": asked[-1],
    }
