"""What closing, reopening or signing out would do, before anybody says yes."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from gateway import wiring
from gateway.api_tokens.models import ApiToken
from gateway.console import sought
from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.models import Entered
from provisioning.models import Account, Closure

MAX_NAMED = 20  # apps, roles


def page(
    request: HttpRequest,
    rows: "ModelAdmin[Account]",
    chosen: QuerySet[Account],
    action: str,
    words: str,
) -> HttpResponse:
    """Raises SessionStoreUnavailable."""
    store = wiring.session_store()
    people = [(account, len(store.of_account(str(account.pk)))) for account in chosen]
    pks = [account.pk for account, _count in people]
    context = {
        **rows.admin_site.each_context(request),
        "title": words,
        "opts": rows.opts,
        "people": people,
        "browsers": sum(count for _account, count in people),
        "action": action,
        "longest": Closure.MAX_CAUSE,
        **(_of_closing(pks) if action == "deactivate" else {}),
        **(_apps(pks) if action != "reactivate" else {}),
    }
    return TemplateResponse(request, "console/consequence.html", context)


def _apps(pks: list[Any]) -> dict[str, object]:
    live = Entered.objects.filter(sign_in__account__in=pks, sign_in__ended_at=None)
    named = live.order_by("relying_party").values_list("relying_party", flat=True).distinct()
    slugs = list(named[: MAX_NAMED + 1])
    names = sought.names(RelyingParty, set(slugs))
    apps = [names.get(slug, slug) for slug in slugs[:MAX_NAMED]]
    return {"apps": apps, "more_apps": len(slugs) > MAX_NAMED}


def _of_closing(pks: list[Any]) -> dict[str, object]:
    has = Account.groups.through.objects.filter(account__in=pks).order_by("group__name")
    roles = list(has.values_list("group__name", flat=True).distinct()[: MAX_NAMED + 1])
    tokens = ApiToken.objects.filter(account__in=pks, revoked_at=None).count()
    return {"roles": roles[:MAX_NAMED], "more_roles": len(roles) > MAX_NAMED, "tokens": tokens}
