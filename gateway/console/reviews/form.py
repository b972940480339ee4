"""What is asked of whoever begins a review."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from gateway.flows.reviews import WantedReview
from gateway.flows.reviews.beginning import DAYS, MAX_DAYS
from gateway.relying_parties.models import RelyingParty
from gateway.reviews.models import Review
from provisioning.models import Account

_LOOKS = {"class": "connecting-input", "autocomplete": "off"}


class BeginForm(forms.Form):
    name = forms.CharField(
        max_length=Review.MAX_NAME,
        widget=forms.TextInput(attrs=_LOOKS),
        label=_("Name of the review"),
        help_text=_("As its reviewer and its auditor will know it: “Payroll, autumn 2026”."),
    )
    subject = forms.ChoiceField(
        widget=forms.Select(attrs=_LOOKS),
        label=_("About"),
        help_text=_("A role, or everything that opens one app."),
    )
    reviewer = forms.CharField(
        max_length=150,
        widget=forms.TextInput(attrs=_LOOKS),
        label=_("Who decides (username)"),
        help_text=_(
            "Somebody who may open the console and knows who needs it. Nobody decides "
            "about herself."
        ),
    )
    days = forms.IntegerField(
        initial=DAYS,
        min_value=1,
        max_value=MAX_DAYS,
        widget=forms.NumberInput(attrs=_LOOKS),
        label=_("Days until it is due"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        roles = Group.objects.order_by("name").values_list("name", flat=True)
        apps = RelyingParty.objects.order_by("name").values_list("slug", "name")
        self.fields["subject"].choices = [  # type: ignore[attr-defined]
            ("", ""),
            (_("Roles"), [(f"role:{name}", name) for name in roles]),
            (_("Apps"), [(f"app:{slug}", name) for slug, name in apps]),
        ]

    def wanted(self) -> WantedReview:
        data = self.cleaned_data
        about, _sep, subject = data["subject"].partition(":")
        return WantedReview(
            name=data["name"],
            about=about,
            subject=subject,
            reviewer=data["reviewer"],
            days=data["days"],
        )


def own_username(account: Account) -> dict[str, str]:
    """Whoever begins one is offered as its reviewer."""
    return {"reviewer": account.username}
