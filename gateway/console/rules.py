"""The versions of the rules: all that were ever in force. They are changed by drafts."""

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gateway.console.rows import Rows
from gateway.web.names import names_of
from mapping.models import RuleSetVersion
from mapping.ruleset import RuleSet
from mapping.sentences import sentence
from providers.models import Provider


class RuleSetVersionRows(Rows):
    list_display = ("version", "published_at", "comment")
    search_fields = ("=version", "published_by")
    fields = ("version", "published_at", "publisher", "comment", "shown_rules")
    readonly_fields = ("publisher", "shown_rules")

    @admin.display(description=_("published by"))
    def publisher(self, row: RuleSetVersion) -> str:
        return names_of([row.published_by])[row.published_by]

    @admin.display(description=_("rules"))
    def shown_rules(self, row: RuleSetVersion) -> SafeString:
        names = dict(Provider.objects.values_list("slug", "name"))
        rules = RuleSet.parse(row.version, row.content).rules
        told = [{"rule": rule, "sentence": sentence(rule.plain(), names)} for rule in rules]
        return render_to_string("console/mapping/told.html", {"rules": told})
