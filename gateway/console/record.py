"""The audit record, and what rows of the configuration were before and after: to be read and
searched. Nothing here can change either.
"""

import json

from auditlog.models import LogEntry
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gateway.audit.models import AuditEvent
from gateway.console.rows import Rows
from gateway.flows import describing
from gateway.flows.mapping.kept_back import told


class AuditEventRows(Rows):
    list_display = ("at", "event", "actor", "account", "reference", "shown_detail")
    list_filter = ("event",)
    search_fields = ("=reference", "=account", "=actor")
    search_help_text = _("The eight-letter code that a person read out, an account or an actor")
    fields = ("at", "event", "actor", "account", "reference", "shown_detail", "sealed")
    readonly_fields = fields

    @admin.display(description=_("detail"))
    def shown_detail(self, event: AuditEvent) -> SafeString:
        """The row stays as it was written; what of it may not be shown is named later, perhaps."""
        detail = dict(event.detail)
        if "because" in detail:
            detail["because"] = told(detail["because"])
        return format_html("{}", json.dumps(detail, ensure_ascii=False, sort_keys=True))

    @admin.display(description=_("sealed"), boolean=True)
    def sealed(self, event: AuditEvent) -> bool:
        return hasattr(event, "seal")


class LogEntryRows(Rows):
    list_display = ("timestamp", "object_repr", "content_type", "shown_action", "whose")
    list_filter = ("action", "content_type")
    list_select_related = ("content_type", "actor")
    search_fields = ("object_repr", "=object_pk", "=actor__username")
    search_help_text = _("A name of what changed, or the username of whoever changed it")
    fields = ("timestamp", "object_repr", "content_type", "shown_action", "whose", "shown_changes")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> "QuerySet[LogEntry]":
        """What people were called and are is for whoever may see people."""
        rows: QuerySet[LogEntry] = super().get_queryset(request)
        if request.user.has_perm("provisioning.view_account"):
            return rows
        return rows.exclude(pk__in=describing.histories().values("pk"))

    @admin.display(description=_("step"))
    def shown_action(self, entry: LogEntry) -> str:
        return str(entry.get_action_display())

    @admin.display(description=_("by whom"))
    def whose(self, entry: LogEntry) -> str:
        """Programs and operators have no account."""
        told = entry.additional_data or {}
        return str(entry.actor or told.get("actor", "-"))

    @admin.display(description=_("before and after"))
    def shown_changes(self, entry: LogEntry) -> SafeString:
        pairs = sorted((entry.changes or {}).items())
        rows = ((name, before, after) for name, (before, after) in pairs)
        return format_html_join("", "<p><strong>{}</strong>: {} → {}</p>", rows)
