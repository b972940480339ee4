"""A rule as a form: what it gives, to whom, for how long; its condition is a `tree`.

The form has no rules of its own. It writes what was typed as a rule's plain form, and what the
language refuses there is said beside the field that it is about.
"""

import json
from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from gateway.console.mapping import picking, tree
from mapping.errors import RuleInvalid

MAX_LONG = 20_000  # characters of one field
ROLES_LISTED = "roles-known"  # the id of the list from which roles are picked


class Names(forms.TextInput):
    """Several names, one a line of its own and one line left empty for the next; each line may be
    picked from the page's list. Several with commas between them are taken as well.
    """

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:  # noqa: ANN401, ARG002
        several = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        return ", ".join(_split(",".join(several)))

    def render(
        self,
        name: str,
        value: Any,  # noqa: ANN401
        attrs: Any = None,  # noqa: ANN401
        renderer: Any = None,  # noqa: ANN401, ARG002
    ) -> SafeString:
        context = self.get_context(name, value, attrs)
        told = context["widget"]["attrs"]
        return render_to_string(
            "console/mapping/names.html",
            context
            | {
                "lines": [*_split(value or ""), ""],
                "described_by": told.get("aria-describedby"),
                "invalid": told.get("aria-invalid"),
            },
        )


class RuleForm(forms.Form):
    id = forms.CharField(label=_("Short name"), required=False, max_length=100)
    roles = forms.CharField(
        label=_("Gives the roles"),
        required=False,
        max_length=MAX_LONG,
        widget=Names(attrs={"list": ROLES_LISTED, "label": _("Gives the role")}),
        help_text=_("One a line, from the list; a role is declared under Roles first."),
    )
    denies = forms.CharField(
        label=_("Masks the roles"),
        required=False,
        max_length=MAX_LONG,
        widget=Names(attrs={"list": ROLES_LISTED, "label": _("Masks the role")}),
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
        help_text=_("For people: why there is this rule."),
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        root: tree.Group,
        at: str = "",
        providers: Mapping[str, str],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.root, self.at = root, at
        self.beside: dict[str, list[str]] = {}  # faults of the condition, by their address
        chosen: Any = self.fields["provider"]
        there = str(self["provider"].value() or "")
        # One that is gone stays chosen, or the rule would be widened to everybody unseen.
        gone = {there: there} if there and there not in providers else {}
        chosen.choices = [("", _("Every provider")), *providers.items(), *gone.items()]

    @classmethod
    def of(cls, rule: Mapping[str, Any], providers: Mapping[str, str]) -> Self:
        """Of a rule's plain form; of none, an empty one."""
        attributes = rule.get("attributes") or {}
        lines = [f"{name} = {_quoted(value)}" for name, value in attributes.items()]
        first = {
            **{
                name: rule.get(name, "") for name in ("id", "provider", "until", "note", "priority")
            },
            **{name: ", ".join(rule.get(name) or ()) for name in ("roles", "denies")},
            "attributes": "\n".join(lines),
        }
        return cls(initial=first, root=tree.read(rule.get("when")), providers=providers)

    @classmethod
    def posted(cls, fields: Mapping[str, str], providers: Mapping[str, str]) -> Self:
        """As the form was sent; `do` is the button, and may have changed the condition."""
        deed = fields.get("do", "")
        root = tree.changed(tree.posted(fields), deed)
        at = tree.reached(root, deed) or picking.where(fields)
        return cls(fields, root=root, at=at, providers=providers)

    def plain(self) -> dict[str, Any]:
        """The rule as typed, whether or not it is one. What is empty is left out."""
        typed = {name: str(self[name].value() or "") for name in self.fields}
        typed |= {name: value.strip() for name, value in typed.items() if name != "note"}
        rule: dict[str, Any] = {"id": typed["id"], "when": tree.written(self.root).plain}
        for name in ("roles", "denies"):
            rule[name] = _split(typed[name])
        pairs = (line.partition("=") for line in typed["attributes"].splitlines() if line.strip())
        rule["attributes"] = {
            name.strip(): _unquoted(value.strip()) for name, _equals, value in pairs
        }
        rule |= {name: typed[name] for name in ("provider", "until", "note")}
        rule["priority"] = _number(typed["priority"])
        return {name: value for name, value in rule.items() if value or name in {"id", "when"}}

    def refused(self, fault: RuleInvalid) -> None:
        """Says it where it can be mended. `fault.field` is the place inside this rule."""
        name = fault.field.partition(".")[0]
        if name == "when":
            address = tree.written(self.root).address(fault.field)
            self.beside.setdefault(address, []).append(capfirst(fault.problem))
        else:
            self.add_error(name if name in self.fields else None, capfirst(fault.problem))


def _split(typed: str) -> list[str]:
    return [name.strip() for name in typed.split(",") if name.strip()]


def _quoted(value: str) -> str:
    """In quotes if spaces at its ends would be lost, or it looks quoted itself."""
    plain = value == value.strip() and not value.startswith('"')
    return value if plain else json.dumps(value, ensure_ascii=False)


def _unquoted(typed: str) -> str:
    try:
        value = json.loads(typed) if typed.startswith('"') else typed
    except ValueError:
        return typed
    return str(value)


def _number(typed: str) -> int | str:
    """What is no number stays as it was typed, and is refused by name."""
    try:
        return int(typed or "0")
    except ValueError:
        return typed
