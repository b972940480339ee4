"""Set-up links of one provider: making one, which is shown once, and ending it."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from gateway.console.connecting.desk import desk, page
from gateway.console.connecting.fields import line
from gateway.flows.configure import DAYS, MAX_DAYS, make_link, revoke_link
from providers import registry
from providers.models import Provider, SetUpLink


class LinkForm(forms.Form):
    holder = line(
        _("For whom"),
        max_length=100,
        help_text=_("A name that you will know again; what the link does is on record under it."),
    )
    days = forms.IntegerField(
        label=_("For how many days"),
        min_value=1,
        max_value=MAX_DAYS,
        initial=DAYS,
        widget=UnfoldAdminIntegerFieldWidget(),
    )


@desk("change")
@require_http_methods(["GET", "POST"])
def links(request: HttpRequest, slug: str) -> HttpResponse:
    row, made = registry.find(slug), ""
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = make_link(
            slug,
            holder=form.cleaned_data["holder"],
            days=form.cleaned_data["days"],
            actor=str(request.user.pk),
            now=timezone.now(),
        )
    return page(
        request,
        "links",
        title=gettext("Set-up links of %s") % row.name,
        row=row,
        form=form,
        made=made,
        links=SetUpLink.objects.filter(provider=row),
        now=timezone.now(),
    )


@desk("change")
@require_POST
def revoke(request: HttpRequest, slug: str, link: int) -> HttpResponse:
    revoke_link(slug, link, actor=str(request.user.pk), now=timezone.now())
    return HttpResponseRedirect(reverse("console-provider-links", args=[slug]))


def filled_by(row: Provider) -> SetUpLink | None:
    """By which link the form was saved last, if it was by one."""
    return row.set_up_links.filter(used_at__isnull=False).order_by("-used_at").first()
