"""The versions of the rules: all that were ever in force, and a form to publish the next one."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gateway.console.asking import AskingForm, Json, Kept
from gateway.flows.mapping.publishing import publish_rules
from gateway.wiring import config
from mapping import models as mapping_models
from mapping.models import RuleSetVersion
from mapping.ruleset import RuleSet
from mapping.sentences import sentence
from providers.models import Provider


class PublishForm(AskingForm):
    """Begins with the rules in force, and is refused if they changed meanwhile."""

    elsewhere = "rules"

    rules = Json(
        dict,
        rows=32,
        help_text=_(
            "All rules that shall be in force, as JSON; people keep what they "
            "have until they sign in again."
        ),
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput())

    class Meta:
        model = RuleSetVersion
        fields: ClassVar = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        active = mapping_models.active()
        self.initial["rules"] = active.plain()
        self.initial["based_on"] = active.version

    def ask(self) -> RuleSetVersion:
        publish_rules(
            self.cleaned_data["rules"],
            based_on=self.cleaned_data["based_on"],
            actor=self.actor,
            now=timezone.now(),
        )
        return RuleSetVersion.objects.order_by("-version")[0]


class RuleSetVersionRows(Kept):
    form = PublishForm
    list_display = ("version", "published_at", "published_by", "comment")
    search_fields = ("=version", "published_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Where a second person's word is needed, rules are published out of a draft alone.
        return not config().rules_need_approval and super().has_add_permission(request)

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False  # a version is never changed

    def get_fields(self, _request: HttpRequest, obj: RuleSetVersion | None = None) -> Any:  # noqa: ANN401
        if obj is None:
            return ("rules", "based_on")
        return ("version", "published_at", "published_by", "comment", "shown_rules")

    def get_readonly_fields(
        self, _request: HttpRequest, obj: RuleSetVersion | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else ("shown_rules",)

    @admin.display(description=_("rules"))
    def shown_rules(self, row: RuleSetVersion) -> SafeString:
        names = dict(Provider.objects.values_list("slug", "name"))
        rules = RuleSet.parse(row.version, row.content).rules
        told = [{"rule": rule, "sentence": sentence(rule.plain(), names)} for rule in rules]
        return render_to_string("console/mapping/told.html", {"rules": told})
