"""The audit record, to be read and searched. Nothing here can change it."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gateway.audit.models import AuditEvent
from gateway.console.rows import Rows


class AuditEventRows(Rows):
    list_display = ("at", "event", "actor", "account", "reference", "shown_detail")
    list_filter = ("event",)
    search_fields = ("=reference", "=account", "=actor")
    search_help_text = _("The eight-letter code that a person read out, an account or an actor")
    fields = ("at", "event", "actor", "account", "reference", "shown_detail", "sealed")
    readonly_fields = fields

    @admin.display(description=_("detail"))
    def shown_detail(self, event: AuditEvent) -> SafeString:
        return format_html("{}", json.dumps(event.detail, ensure_ascii=False, sort_keys=True))

    @admin.display(description=_("sealed"), boolean=True)
    def sealed(self, event: AuditEvent) -> bool:
        return hasattr(event, "seal")
