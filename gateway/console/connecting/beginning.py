"""The first form of connecting: the name, and the short name that stands in addresses for ever."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from gateway.console.connecting.fields import PLAIN, line
from gateway.console.connecting.guides.guide import Guide
from gateway.flows.configure import Begun, begin_provider
from gateway.relying_parties.definition import DefinitionInvalid


class BeginForm(forms.Form):
    name = line(_("Name"), max_length=200, help_text=_("People read it on the sign-in page."))
    slug = forms.SlugField(
        label=_("Short name in addresses"),
        max_length=50,
        widget=UnfoldAdminTextInputWidget(attrs=PLAIN),
        help_text=_("Letters, digits and hyphens. The provider will know it: it never changes."),
    )

    def ask(self, guide: Guide, *, actor: str) -> str:
        """The slug of what was begun; empty if it was refused."""
        slug: str = self.cleaned_data["slug"]
        begun = Begun(
            slug=slug,
            name=self.cleaned_data["name"],
            vendor=guide.vendor,
            protocol=guide.protocol,
            dialect=guide.dialect,
            settings=guide.settings,
        )
        try:
            begin_provider(begun, actor=actor, now=timezone.now())
        except DefinitionInvalid as error:
            for fault in error.faults:
                self.add_error(fault.field if fault.field in self.fields else None, fault.problem)
            return ""
        return slug
