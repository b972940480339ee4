from allauth.account.apps import AccountConfig
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BreakGlassConfig(AppConfig):
    name = "gateway.break_glass"
    label = "break_glass"
    verbose_name = _("Break-glass")
    default = True


class AllauthAccounts(AccountConfig):
    """The library's table of addresses, on which its table of factors rests, and nothing more: its
    pages are nowhere, so its middleware, which it would demand, has nothing to do.
    """

    default = False

    def ready(self) -> None: ...
