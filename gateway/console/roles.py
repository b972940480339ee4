"""What people are told about a role, and what its holders may do here."""

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from gateway.console.asking import AskingForm, Kept
from gateway.flows.configuration import WantedRole
from gateway.flows.configure import save_role
from gateway.flows.mapping.usage_words import role_used_by
from gateway.relying_parties.openings import apps_by_role
from provisioning.models import RoleInfo


class _PermissionField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, permission: Permission) -> str:
        return f"{permission.content_type.app_label}.{permission.codename}"


class RoleForm(AskingForm):
    name = forms.CharField(
        max_length=100, widget=UnfoldAdminTextInputWidget(), label=_("name, as rules say it")
    )
    permissions = _PermissionField(
        queryset=Permission.objects.select_related("content_type").filter(
            content_type__app_label__in=(
                "providers",
                "mapping",
                "provisioning",
                "audit",
                "relying_parties",
                "reviews",
                "api_tokens",
                "scim",
                "traces",
            )
        ),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget(),
        label=_("what its holders may do in this console"),
    )

    class Meta:
        model = RoleInfo
        fields: ClassVar = ("label", "description", "whom_to_ask")
        widgets: ClassVar = {
            "label": UnfoldAdminTextInputWidget(),
            "description": UnfoldAdminTextareaWidget(),
            "whom_to_ask": UnfoldAdminTextInputWidget(),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if self.instance.pk:
            self.fields["name"].disabled = True  # rules and apps know the role by it
            self.initial["name"] = self.instance.role.name
            self.initial["permissions"] = list(self.instance.role.permissions.all())

    def taken(self) -> str:
        known = Group.objects.filter(name=self.cleaned_data["name"])
        # A role that rules made has no words yet and may do nothing: here it gets both.
        settled = known.filter(Q(info__isnull=False) | Q(permissions__isnull=False))
        return "name" if not self.instance.pk and settled.exists() else ""

    def ask(self) -> RoleInfo:
        data = self.cleaned_data
        wanted = WantedRole(
            name=data["name"],
            label=data["label"],
            description=data["description"],
            whom_to_ask=data["whom_to_ask"],
            permissions=tuple(
                f"{permission.content_type.app_label}.{permission.codename}"
                for permission in data["permissions"]
            ),
        )
        save_role(wanted, actor=self.actor, now=timezone.now())
        return RoleInfo.objects.get(role__name=wanted.name)


class RoleInfoRows(Kept):
    form = RoleForm
    fields = ("name", "label", "description", "whom_to_ask", "permissions", "opens", "used")
    readonly_fields = ("opens", "used")
    list_display = ("label", "role", "whom_to_ask")
    list_select_related = ("role",)
    search_fields = ("label", "role__name")

    @admin.display(description=_("apps that ask for it"))
    def opens(self, info: RoleInfo) -> str:
        return ", ".join(apps_by_role().get(info.role.name, ())) if info.pk else ""

    @admin.display(description=_("who holds it"))
    def used(self, info: RoleInfo) -> str:
        return role_used_by(info.role.name) if info.pk else ""
