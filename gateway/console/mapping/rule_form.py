"""A rule as a form: what it gives, to whom, for how long; its condition is a `tree`.

The form has no rules of its own. It writes what was typed as a rule's plain form, and what the
language refuses there is said beside the field that it is about.
"""

from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from gateway.console.mapping import tree
from mapping.errors import RuleInvalid

MAX_LONG = 20_000  # characters of one field


class RuleForm(forms.Form):
    id = forms.CharField(label=_("Short name"), required=False, max_length=100)
    roles = forms.CharField(
        label=_("Gives the roles"),
        required=False,
        max_length=MAX_LONG,
        help_text=_("One or more, with commas between them. A new name makes a new role."),
    )
    denies = forms.CharField(
        label=_("Takes the roles"),
        required=False,
        max_length=MAX_LONG,
        help_text=_("These people never have them, whatever else gives them."),
    )
    attributes = forms.CharField(
        label=_("Writes down about them"),
        required=False,
        max_length=MAX_LONG,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("One a line, as department = {department}."),
    )
    provider = forms.ChoiceField(label=_("Only at"), required=False)
    until = forms.CharField(
        label=_("Until"),
        required=False,
        max_length=40,
        help_text=_("As 2026-03-31; that day still counts. Left empty: for good."),
    )
    priority = forms.CharField(
        label=_("Priority"),
        required=False,
        max_length=6,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("Of several reasons for one role the highest is told first."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For people: why there is this rule."),
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        root: tree.Group,
        providers: Mapping[str, str],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.root = root
        self.beside: dict[str, list[str]] = {}  # faults of the condition, by their address
        chosen: Any = self.fields["provider"]
        chosen.choices = [("", _("Every provider")), *providers.items()]

    @classmethod
    def of(cls, rule: Mapping[str, Any], providers: Mapping[str, str]) -> Self:
        """Of a rule's plain form; of none, an empty one."""
        attributes = rule.get("attributes") or {}
        first = {
            **{
                name: rule.get(name, "") for name in ("id", "provider", "until", "note", "priority")
            },
            **{name: ", ".join(rule.get(name) or ()) for name in ("roles", "denies")},
            "attributes": "\n".join(f"{name} = {value}" for name, value in attributes.items()),
        }
        return cls(initial=first, root=tree.read(rule.get("when")), providers=providers)

    @classmethod
    def posted(cls, fields: Mapping[str, str], providers: Mapping[str, str]) -> Self:
        """As the form was sent; `do` is the button, and may have changed the condition."""
        root = tree.changed(tree.posted(fields), fields.get("do", ""))
        return cls(fields, root=root, providers=providers)

    def plain(self) -> dict[str, Any]:
        """The rule as typed, whether or not it is one. What is empty is left out."""
        typed = {name: str(self[name].value() or "").strip() for name in self.fields}
        rule: dict[str, Any] = {"id": typed["id"], "when": tree.written(self.root).plain}
        for name in ("roles", "denies"):
            rule[name] = [role.strip() for role in typed[name].split(",") if role.strip()]
        pairs = (line.partition("=") for line in typed["attributes"].splitlines() if line.strip())
        rule["attributes"] = {name.strip(): value.strip() for name, _equals, value in pairs}
        rule |= {name: typed[name] for name in ("provider", "until", "note")}
        rule["priority"] = _number(typed["priority"])
        return {name: value for name, value in rule.items() if value or name in {"id", "when"}}

    def refused(self, fault: RuleInvalid) -> None:
        """Says it where it can be mended. `fault.field` is the place inside this rule."""
        name = fault.field.partition(".")[0]
        if name == "when":
            address = tree.written(self.root).address(fault.field)
            self.beside.setdefault(address, []).append(fault.problem)
        else:
            self.add_error(name if name in self.fields else None, fault.problem)


def _number(typed: str) -> int | str:
    """What is no number stays as it was typed, and is refused by name."""
    try:
        return int(typed or "0")
    except ValueError:
        return typed
