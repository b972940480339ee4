"""My page, and ending my sessions."""

from datetime import UTC
from itertools import groupby
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from gateway import wiring
from gateway.flows import inbox, logout, unlinking
from gateway.flows.mapping.kept_back import told
from gateway.flows.masked import MaskedRole, attributes, masked
from gateway.relying_parties.models import RelyingParty
from gateway.relying_parties.openings import apps_by_role
from gateway.sessions.session import SessionHandle
from gateway.sign_ins.models import SignIn
from gateway.web.my_page import (
    IdentityShown,
    Mask,
    MyPage,
    Reason,
    RoleShown,
    SessionShown,
)
from gateway.web.names import names_of
from gateway.web.pages import NotMePage, render
from gateway.web.session_words import elsewhere, place, seen
from providers.models import Provider
from provisioning.models import Account, HeldRole, RoleInfo


@require_GET
def my_page(request: HttpRequest) -> HttpResponse:
    """Who I am here. Whoever is not signed in is asked to, and comes back."""
    account = request.user
    handle: SessionHandle | None = request.session.handle  # type: ignore[attr-defined]
    if not isinstance(account, Account) or handle is None:
        wanted = urlencode({"return_to": reverse("my-page")})
        return HttpResponseRedirect(f"{reverse('sign-in')}?{wanted}")
    providers = dict(Provider.objects.values_list("slug", "name"))
    page = MyPage(
        name=account.get_full_name(),
        username=account.username,
        email=account.email,
        staff=account.is_staff,
        roles=_roles(account, providers),
        identities=_identities(account, providers),
        sessions=_sessions(account, handle, providers),
        attributes=tuple(attributes(account).items()),
    )
    return render(request, page)


def _roles(account: Account, providers: dict[str, str]) -> tuple[RoleShown, ...]:
    held = list(account.held_roles.select_related("role", "linked_identity"))
    hands = names_of(row.given_by for row in held if row.given_by)
    infos = (
        RoleInfo.objects.filter(role__in=[row.role_id for row in held])
        .select_related("role")
        .in_bulk()
    )
    labels = {info.role.name: info.label for info in infos.values()}
    masks = {each.role: _mask(each, labels) for each in masked(account)}
    opens = apps_by_role()
    shown = []
    for group, rows in groupby(held, key=lambda row: row.role):
        info = infos.get(group.pk)
        shown.append(
            RoleShown(
                label=info.label if info else group.name,
                description=info.description if info else "",
                reasons=tuple(_reason(row, providers, hands) for row in rows),
                opens=() if group.name in masks else opens.get(group.name, ()),
                mask=masks.get(group.name),
            )
        )
    return tuple(shown)


def _mask(found: MaskedRole, labels: dict[str, str]) -> Mask:
    if found.why == "denied":
        return Mask(rule=found.by, because=found.because)
    return Mask(outranked_by=labels.get(found.by, found.by))


def _reason(row: HeldRole, providers: dict[str, str], hands: dict[str, str]) -> Reason:
    slug = row.linked_identity.provider if row.linked_identity else ""
    return Reason(
        since=row.since,
        rule=row.rule,
        version=row.ruleset_version,
        provider=providers.get(slug, slug),
        because=told(row.because),
        given_by=hands.get(row.given_by, ""),
    )


def _identities(account: Account, providers: dict[str, str]) -> tuple[IdentityShown, ...]:
    rows = list(account.identities.order_by("-last_seen"))
    leaving = unlinking.removable(rows)
    return tuple(
        IdentityShown(
            key=row.pk,
            provider=providers.get(row.provider, row.provider),
            username=row.username,
            email=row.email,
            last_seen=row.last_seen,
            may_go=row.pk in leaving,
        )
        for row in rows
    )


def _sessions(
    account: Account, current: SessionHandle, providers: dict[str, str]
) -> tuple[SessionShown, ...]:
    """The current one first, then the newest. Which live, Redis says; what else is known of them
    stands in the index.
    """
    store = wiring.session_store()
    live = store.of_account(str(account.pk))
    handles = [handle for handle, _ in live]
    rows = SignIn.objects.prefetch_related("entered").in_bulk(handles, field_name="handle")
    names = dict(RelyingParty.objects.values_list("slug", "name"))
    shown = []
    for (handle, session), left in zip(live, store.left(handles), strict=True):
        row = rows.get(handle)
        entered = row.entered.all() if row is not None else ()
        shown.append(
            SessionShown(
                handle=handle,
                provider=providers.get(session.provider, session.provider),
                since=session.started_at.astimezone(UTC),
                ends=session.expires_at.astimezone(UTC),
                current=handle == current,
                client=session.client,
                place=place(session.country, (row and row.address) or ""),
                apps=tuple(names.get(each.relying_party, each.relying_party) for each in entered),
                seen=seen(session.idle_for, left) if left is not None else "",
                also=elsewhere(row.also if row is not None else ()),
            )
        )
    return tuple(sorted(shown, key=lambda each: not each.current))


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Ends one of my sessions (`session`), or all but this browser's (`others`)."""
    account = request.user
    handle: SessionHandle | None = request.session.handle  # type: ignore[attr-defined]
    if isinstance(account, Account) and handle is not None:
        if request.POST.get("others") == "1":
            ended = logout.end_other_sessions(
                account=str(account.pk), keep=handle, now=timezone.now()
            )
        else:
            wanted = SessionHandle(request.POST.get("session", ""))
            ended = int(
                logout.end_own_session(account=str(account.pk), handle=wanted, now=timezone.now())
            )
        _tell(request, ended)
    return HttpResponseRedirect(reverse("my-page"), status=303)


@require_POST
def not_me(request: HttpRequest) -> HttpResponse:
    """Somebody else signs in as me: all of it ends, this browser's session too."""
    account = request.user
    if not isinstance(account, Account):
        return HttpResponseRedirect(reverse("sign-in"), status=303)
    inbox.not_me(
        account=str(account.pk),
        reference=request.reference,  # type: ignore[attr-defined]
        now=timezone.now(),
    )
    return render(request, NotMePage())


def _tell(request: HttpRequest, ended: int) -> None:
    if ended:
        text = ngettext(
            "One other browser was signed out.", "%(number)d other browsers were signed out.", ended
        )
        messages.success(request, text % {"number": ended})
    else:
        messages.info(request, gettext("It had ended already."))
