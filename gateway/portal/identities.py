"""Taking one of my identities off my account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from gateway.flows import unlinking
from gateway.web.my_page import UnlinkPage
from gateway.web.pages import render
from providers.models import Provider
from provisioning.models import Account, RoleInfo


@require_http_methods(["GET", "POST"])
def unlink(request: HttpRequest, identity: int) -> HttpResponse:
    """First what would end with it; by the button there, the deed."""
    account = request.user
    if not isinstance(account, Account):
        return HttpResponseRedirect(reverse("my-page"))
    if request.method == "POST":
        own = str(account.pk)
        unlinking.unlink(account=own, identity=identity, actor=own, now=timezone.now())
        messages.success(request, gettext("It was taken off your account."))
        return HttpResponseRedirect(reverse("my-page"), status=303)
    found = unlinking.consequence(
        account=str(account.pk),
        identity=identity,
        current=request.session.handle,  # type: ignore[attr-defined]
    )
    labels = dict(
        RoleInfo.objects.filter(role__name__in=found.roles).values_list("role__name", "label")
    )
    slug = found.linked.provider
    name = Provider.objects.filter(slug=slug).values_list("name", flat=True).first()
    page = UnlinkPage(
        key=found.linked.pk,
        provider=name or slug,
        username=found.linked.username,
        roles=tuple(labels.get(role, role) for role in found.roles),
        sessions=found.sessions,
        this_one=found.this_one,
    )
    return render(request, page)
