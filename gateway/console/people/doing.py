"""What is done to one person, on pages that first say what follows: identities, roles by hand; and
the whole of what happened to her.
"""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from gateway.console import receipts, sought
from gateway.console.accounts import timeline
from gateway.console.accounts.person import CHANGE
from gateway.console.accounts.terms import VIEW
from gateway.console.permission import demand
from gateway.console.session_rows import own
from gateway.console.site import console
from gateway.flows import roles, unlinking
from provisioning.errors import OnlyIdentity
from provisioning.models import Account, HeldRole, LinkedIdentity

PER_PAGE = 50
GIVE, TAKE = "provisioning.add_heldrole", "provisioning.delete_heldrole"


@require_safe
def life(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Page after page, as far back as anything is on record."""
    demand(request, VIEW)
    account = _found(pk)
    after = sought.term(request, "after")
    page = timeline.of(account, after=after, count=PER_PAGE)
    title = gettext("What happened to %s") % account.get_full_name()
    return _page(
        request,
        account,
        "timeline",
        title,
        happenings=page.happenings,
        earlier=page.after,
        later=bool(after),
    )


@require_http_methods(["GET", "POST"])
def unlink(request: HttpRequest, pk: UUID, identity: int) -> HttpResponse:
    """Raises IdentityUnknown, SessionStoreUnavailable."""
    demand(request, VIEW, CHANGE)
    account, name = _found(pk), str(pk)
    title = gettext("Take an identity off %s") % account.get_full_name()
    try:
        if request.method == "POST":
            actor = str(request.user.pk)
            ended = unlinking.unlink(
                account=name, identity=identity, actor=actor, now=timezone.now()
            )
            if ended:
                messages.info(request, receipts.taken(request))
            messages.success(request, gettext("It was taken off."))
            return _back(account)
        found = unlinking.consequence(account=name, identity=identity, current=own(request))
    except OnlyIdentity:
        linked = LinkedIdentity.objects.filter(pk=identity, account=account).first()
        return _page(request, account, "unlink", title, status=409, linked=linked, only=True)
    return _page(request, account, "unlink", title, found=found, linked=found.linked)


@require_http_methods(["GET", "POST"])
def give(request: HttpRequest, pk: UUID) -> HttpResponse:
    """First which role, then what that does, then the deed. Raises SessionStoreUnavailable."""
    demand(request, VIEW, GIVE)
    account, role = _found(pk), sought.term(request, "role")
    title = gettext("Give %s a role") % account.get_full_name()
    if not roles.may_grant(account):
        return _page(request, account, "give", title, status=409, refused=True)
    known = Group.objects.filter(name=role).exists()
    if role and known and request.method == "POST":
        actor = str(request.user.pk)
        roles.grant_by_hand(account=str(pk), role=role, actor=actor, now=timezone.now())
        messages.success(request, gettext("She has the role %s by hand.") % role)
        return _back(account)
    foreseen = None
    if role and known:
        foreseen = roles.foresee(account=str(pk), role=role, give=True, now=timezone.now())
    names = Group.objects.order_by("name").values_list("name", flat=True)
    return _page(
        request,
        account,
        "give",
        title,
        role=role,
        unknown=bool(role) and not known,
        foreseen=foreseen,
        roles=names[: sought.MAX_CHOICES],
        by_hand=account.held_roles.filter(role__name=role, origin="hand").exists(),
    )


@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, pk: UUID, held: int) -> HttpResponse:
    """Raises SessionStoreUnavailable."""
    demand(request, VIEW, TAKE)
    account = _found(pk)
    rows = HeldRole.objects.filter(account=account, origin=HeldRole.Origin.HAND)
    row = rows.select_related("role").filter(pk=held).first()
    if row is None or not roles.may_revoke(account, row.role.name):
        raise Http404("no hand can take such a role back")
    role, now = row.role.name, timezone.now()
    if request.method == "POST":
        roles.revoke_by_hand(account=str(pk), role=role, actor=str(request.user.pk), now=now)
        messages.success(request, gettext("The role %s by hand was taken back.") % role)
        return _back(account)
    foreseen = roles.foresee(account=str(pk), role=role, give=False, now=now)
    title = gettext("Take a role back from %s") % account.get_full_name()
    return _page(request, account, "take", title, role=role, foreseen=foreseen)


def _found(pk: UUID) -> Account:
    account = Account.objects.filter(pk=pk).first()
    if account is None:
        raise Http404("nobody has this id")
    return account


def _back(account: Account) -> HttpResponse:
    there = reverse("admin:provisioning_account_change", args=[account.pk])
    return HttpResponseRedirect(there, status=303)


def _page(
    request: HttpRequest,
    account: Account,
    template: str,
    title: str,
    *,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    whole = {**console.each_context(request), "title": title, "account": account, **context}
    return TemplateResponse(request, f"console/people/{template}.html", whole, status=status)
