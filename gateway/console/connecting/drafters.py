"""Who may draft the rules for one provider's people: naming somebody, and taking it back."""

import uuid

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from gateway.console.connecting.desk import desk, page
from gateway.console.connecting.fields import line
from gateway.flows.mapping import delegating
from providers import registry
from provisioning.models import Account


class DrafterForm(forms.Form):
    person = line(
        _("Username or e-mail"),
        max_length=254,
        help_text=_("She needs the role that opens the console as well."),
    )

    def clean_person(self) -> Account:
        said = self.cleaned_data["person"].strip()
        people = Account.objects.filter(is_active=True)
        found = people.filter(username=said)[:1] or people.filter(email__iexact=said)[:2]
        if len(found) != 1:
            problem = (
                _("Several people have this address: write the username.")
                if found
                else _("Nobody here is called so, or has this address.")
            )
            raise forms.ValidationError(problem)
        return found[0]


@desk("view")
@require_http_methods(["GET", "POST"])
def drafters(request: HttpRequest, slug: str) -> HttpResponse:
    row, form = registry.find(slug), DrafterForm(request.POST or None)
    actor = str(request.user.pk)
    people = delegating.drafters(slug, actor=actor)
    if request.method == "POST" and form.is_valid():
        person = str(form.cleaned_data["person"].pk)
        delegating.allow(account=person, provider=slug, actor=actor, now=timezone.now())
        return HttpResponseRedirect(reverse("console-provider-drafters", args=[slug]))
    return page(
        request,
        "drafters",
        title=gettext("Who drafts rules for %s") % row.name,
        row=row,
        form=form,
        people=people,
    )


@desk("view")
@require_POST
def end(request: HttpRequest, slug: str, account: uuid.UUID) -> HttpResponse:
    delegating.withdraw(
        account=str(account), provider=slug, actor=str(request.user.pk), now=timezone.now()
    )
    return HttpResponseRedirect(reverse("console-provider-drafters", args=[slug]))
