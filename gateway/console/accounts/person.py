"""What stands around the tables of a person's page: what can be done, where she is signed in, what
happened to her.
"""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gateway.console.accounts import terms, timeline
from gateway.console.session_rows import shown
from gateway.flows import roles
from gateway.sign_ins.search import Search
from provisioning.models import Account
from provisioning.search import state_of

LAST = 15  # of what happened
MAX_SESSIONS = 20
CHANGE = "provisioning.change_account"


def around(request: HttpRequest, account: Account) -> dict[str, Any]:
    """For the templates of her page. Raises SessionStoreUnavailable."""
    state = state_of(account, timezone.now())
    page = timeline.of(account, count=LAST)
    return {
        "person": account,
        "state": state,
        "state_words": terms.STATES[state],
        "may_change": request.user.has_perm(CHANGE) and account.erased_at is None,
        "is_open": account.is_active,
        "ways": tuple(_ways(request, account)),
        "happenings": page.happenings,
        "earlier": page.after,
        **_sessions(request, account),
    }


def _sessions(request: HttpRequest, account: Account) -> dict[str, Any]:
    """Where sessions are used is for whoever may see sessions."""
    if not request.user.has_perm("sign_ins.view_session"):
        return {"may_see_sessions": False}
    rows = Search(person=str(account.pk)).live().order_by("-id")
    found = list(rows.select_related("account")[: MAX_SESSIONS + 1])
    return {
        "may_see_sessions": True,
        "sessions": shown(request, found[:MAX_SESSIONS]),
        "more_sessions": len(found) > MAX_SESSIONS,
        "may_end": request.user.has_perm("sign_ins.end_session"),
    }


def _ways(request: HttpRequest, account: Account) -> Iterator[tuple[str, str | Promise]]:
    """Each leads to a page that first says what follows."""
    if account.erased_at is not None:
        return
    pk, may = account.pk, request.user.has_perm
    if may(CHANGE):
        yield reverse("end-date", args=[pk]), _("End date…")
    if may("provisioning.add_heldrole") and account.is_active and roles.may_grant(account):
        yield reverse("person-give", args=[pk]), _("Give a role…")
    if may(CHANGE) and account.kind == Account.Kind.PERSON:
        yield reverse("admin:person-attributes", args=[pk]), _("Set by hand…")
    if may("provisioning.merge_account") and account.kind == Account.Kind.PERSON:
        yield reverse("merge", args=[pk]), _("Merge…")
    if may("provisioning.export_account") or may("provisioning.erase_account"):
        yield reverse("admin:person-personal-data", args=[pk]), _("Export or erase…")
