"""Forms that save by asking a flow, and the two kinds of field that they need.

The flow is the last check of the form: what it refuses stands beside its field, and what the person
typed is still there. So nothing can be kept that a flow would not keep, and a form has no rules of
its own.
"""

import json
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from gateway.console.rows import Rows
from gateway.relying_parties.definition import DefinitionInvalid
from providers.errors import ProviderMisconfigured

MAX_TEXT = 200_000  # characters of one field


class Lines(forms.CharField):
    """One value a line."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"})
        super().__init__(max_length=MAX_TEXT, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> tuple[str, ...]:  # noqa: ANN401
        text: str = super().clean(value)
        return tuple(line.strip() for line in text.splitlines() if line.strip())


class Json(forms.CharField):
    """JSON (RFC 8259) that people can read and edit: an object or a list, of whole text."""

    def __init__(self, shape: type[dict] | type[list], *, rows: int = 12, **options: Any) -> None:  # type: ignore[type-arg]  # noqa: ANN401
        self.shape = shape
        widget = UnfoldAdminTextareaWidget(attrs={"rows": rows, "spellcheck": "false"})
        super().__init__(max_length=MAX_TEXT, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401
        return value if isinstance(value, str) else as_json(value)

    def clean(self, value: Any) -> Any:  # noqa: ANN401
        text = super().clean(value)
        if not text and not self.required:
            return self.shape()
        try:
            content = json.loads(text)
            # No database keeps half a letter (a lone surrogate), nor PostgreSQL a NUL.
            whole = "\\u0000" not in as_json(content).encode().decode()
        except RecursionError as error:
            raise forms.ValidationError(_("is nested too deeply")) from error
        except ValueError as error:
            raise forms.ValidationError(_("is no JSON")) from error
        if not whole or not isinstance(content, self.shape):
            raise forms.ValidationError(_("is no list or object of whole text"))
        return content


def as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


class AskingForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none at run time
    """`ask` calls the flow; `actor` is the account at the console."""

    actor: ClassVar[str] = ""
    # The field beside which a fault stands that names none of the form's.
    elsewhere: ClassVar[str | None] = None
    # What the flow warned of, though it saved.
    warnings: tuple[str, ...] = ()

    def ask(self) -> Model:
        """Saves by a flow and returns the row as it is now."""
        raise NotImplementedError

    def keep(self, name: str) -> None:
        """The field stays as it is; whoever may only look has a form without it."""
        if name in self.fields:
            self.fields[name].disabled = True

    def taken(self) -> str:
        """Of a form that adds: the field whose value a row has already; empty if none. A flow would
        change that row, and whoever may only add must not.
        """
        return ""

    def _post_clean(self) -> None:
        """In place of Django's own checks of the row."""
        if self.errors:
            return
        taken = self.taken()
        if taken:
            self.add_error(taken, gettext("There is one of this name already; change that one."))
            return
        try:
            self.instance = self.ask()
        except DefinitionInvalid as error:
            for fault in error.faults:
                self._beside(fault.field, fault.problem)
        except ProviderMisconfigured as error:
            self._beside(error.field, error.problem)

    def _beside(self, place: str, problem: str) -> None:
        name, _, inner = place.partition(".")
        if place.replace(".", "_") in self.fields:
            self.add_error(place.replace(".", "_"), problem)
        elif name in self.fields:
            self.add_error(name, f"{inner} {problem}".strip())
        else:
            self.add_error(self.elsewhere, f"{place} {problem}".strip())

    def save(self, commit: bool = True) -> Model:  # noqa: FBT001, FBT002, ARG002
        kept: Model = self.instance
        return kept

    def save_m2m(self) -> None:
        """There is nothing left to save."""


class Kept(Rows):
    """Rows that a form of the console may add and change, by Django's own permissions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _may(self, request, "add")

    def has_change_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return _may(self, request, "change")

    def get_form(
        self,
        request: HttpRequest,
        obj: Model | None = None,
        change: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,  # noqa: ANN401
    ) -> "type[forms.ModelForm[Any]]":
        made: type[forms.ModelForm[Any]] = super().get_form(request, obj, change, **kwargs)
        return type(made.__name__, (made,), {"actor": str(request.user.pk)})

    def get_changeform_initial_data(self, _request: HttpRequest) -> dict[str, Any]:
        """Nobody's link fills a form in."""
        return {}

    def save_model(self, request: HttpRequest, _obj: Model, form: Any, _change: Any) -> None:  # noqa: ANN401
        """The form has asked the flow already."""
        for words in form.warnings:
            messages.warning(request, words)


def _may(rows: Rows, request: HttpRequest, verb: str) -> bool:
    meta = rows.opts
    return request.user.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}")
