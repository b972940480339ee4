"""The fields of a form in which secrets go in."""

from types import new_class
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from unfold.widgets import UnfoldAdminTextareaWidget

from gateway.console.asking import AskingForm
from providers import registry

SECRETS = tuple(dict.fromkeys(name for names in registry.SECRETS.values() for name in names))


class Secret(forms.CharField):
    """Goes in, never comes out, not even back to whoever typed it. Empty: it stays as it is."""

    def __init__(self) -> None:
        widget = UnfoldAdminTextareaWidget(
            attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}
        )
        super().__init__(required=False, max_length=20_000, widget=widget)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        return _NeverShown(form, self, field_name)


class _NeverShown(BoundField):
    def value(self) -> str:
        return ""


SecretFields: Any = new_class(
    "SecretFields",
    (AskingForm,),
    exec_body=lambda body: body.update({f"secrets_{name}": Secret() for name in SECRETS}),
)
