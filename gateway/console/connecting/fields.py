"""The kinds of field that a guide's form is made of."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextInputWidget

from gateway.console.connecting.guides.guide import Ask, Form

MAX_ANSWER = 1024  # letters
PLAIN = {"spellcheck": "false", "autocapitalize": "none"}  # of what is no prose
_WELL_KNOWN = "/.well-known/openid-configuration"


def line(label: Any, *, max_length: int = MAX_ANSWER, **options: Any) -> forms.CharField:  # noqa: ANN401
    widget = UnfoldAdminTextInputWidget(attrs=PLAIN)
    return forms.CharField(label=label, max_length=max_length, widget=widget, **options)


def select() -> forms.Select:
    return forms.Select(attrs={"class": " ".join(INPUT_CLASSES)})


class Answer(forms.CharField):
    """An answer as a guide wants it; what people paste around it is taken off."""

    def __init__(self, ask: Ask, *, initial: str) -> None:
        self._ask = ask
        widget = UnfoldAdminTextInputWidget(attrs={**PLAIN, "placeholder": ask.example})
        super().__init__(
            label=str(ask.label),
            help_text=str(ask.help),
            required=ask.needed,
            initial=initial,
            max_length=MAX_ANSWER,
            widget=widget,
        )

    def clean(self, value: Any) -> str:  # noqa: ANN401
        answer: str = super().clean(value).removesuffix(_WELL_KNOWN)
        if self._ask.form is Form.HOST:
            answer = answer.removeprefix("https://").partition("/")[0].lower()
        if self._ask.trimmed:
            answer = answer.rstrip("/")
        pattern, wanted = self._ask.form.value
        if answer and not re.fullmatch(pattern, answer):
            raise forms.ValidationError(gettext("Write %s.") % wanted)
        return answer
