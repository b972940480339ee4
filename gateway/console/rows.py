"""How rows behave in the console: they are looked at; a form that may change them asks a flow."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline


class Rows(ModelAdmin):
    """Read-only. Django's own change log is left alone: the audit record has it all."""

    list_per_page = 50
    show_full_result_count = False
    actions: tuple[Any, ...] = ()
    list_disable_select_all = True

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def log_addition(self, *_args: object) -> None: ...  # type: ignore[override]

    def log_change(self, *_args: object) -> None: ...  # type: ignore[override]

    def log_deletions(self, *_args: object) -> None: ...  # type: ignore[override]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Never Django's bulk deletion, which knows no flow."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class RowsInside(TabularInline):
    """Rows of another model shown on a page, read-only."""

    extra = 0
    can_delete = False
    tab = False

    def has_add_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False
