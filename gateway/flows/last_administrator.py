"""Nobody's word takes the last person who can administer unawares.

What a directory, SCIM or a provider says of her is kept, and nothing is done upon it: her provider
may have shut her out already, and her session be the last way in. An administrator who says so by
hand needs another way in, which is a break-glass account that can be used.
"""

from datetime import datetime

from django.db import connection
from django.db.models import Q

from gateway import wiring
from gateway.break_glass.models import BreakGlass
from provisioning.models import Account, Source

_CLOSING = 0x67685F61646D696E  # the advisory lock's number: "gh_admin"
# Who says so says it of somebody of whom he has been shown what follows, or long ago; an operator
# can make an administrator.
_BY_HAND = frozenset({Source.CONSOLE, Source.COMMAND, Source.PERSON, Source.END_DATE, Source.MERGE})


def is_last(account: Account, *, now: datetime) -> bool:
    """Whether nobody else can administer. The account's row is locked, and until the caller's
    transaction ends nobody else asks: so no two sides close the last two at one moment.
    """
    if not (account.is_active and account.is_staff and account.kind == Account.Kind.PERSON):
        return False
    if connection.vendor == "postgresql":  # of SQLite a transaction that writes is the only one
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CLOSING])
    lasting = Q(ends_at=None) | Q(ends_at__gt=now)
    others = Account.objects.filter(
        lasting, kind=Account.Kind.PERSON, is_active=True, is_staff=True
    )
    return not others.exclude(pk=account.pk).exists()


def holds(source: Source) -> bool:
    """Whether this side's word waits for somebody, where it is about her."""
    return source not in _BY_HAND


def another_way() -> bool:
    """Whether somebody can sign in by a break-glass account."""
    ready = BreakGlass.objects.filter(set_up_at__isnull=False, account__is_active=True)
    return wiring.config().break_glass and ready.filter(account__is_staff=True).exists()
