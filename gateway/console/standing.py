"""What stands on a person's page: what she holds and why, what is denied her, what she is like."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gateway.console.rows import RowsInside
from gateway.flows import roles
from gateway.flows.mapping import permits
from gateway.flows.mapping.kept_back import described, told
from gateway.flows.masked import MaskedRole, masked
from gateway.web.names import names_of
from mapping import models as mapping_models
from provisioning.models import (
    SCIM_ISSUERS,
    Account,
    AccountAttribute,
    DeniedRole,
    HeldRole,
    LinkedIdentity,
)


def shown_reasons(row: HeldRole | DeniedRole) -> SafeString:
    return format_html_join("\n", "<div>{}</div>", ((claim,) for claim in told(row.because)))


def why_link(account: object, role: str) -> SafeString:
    address = f"{reverse('mapping-explain')}?{urlencode({'account': account, 'role': role})}"
    words = gettext("Why has she %(role)s?") % {"role": role}
    link = '<a class="whitespace-nowrap" href="{}" aria-label="{}">{}</a>'
    return format_html(link, address, words, gettext("Why?"))


def _act(address: str, words: str, label: str) -> SafeString:
    link = '<a class="whitespace-nowrap underline" href="{}" aria-label="{}">{}</a>'
    return format_html(link, address, label, words)


class _Explained(RowsInside):
    """With the way to the whole reason, for whoever may read it."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        own = tuple(super().get_readonly_fields(request, obj))
        account = request.user
        may = isinstance(account, Account) and permits.may_see_claims(account)
        return (*own, "why") if may else own

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        return self.get_readonly_fields(request, obj)

    @admin.display(description=_("more"))
    def why(self, row: HeldRole | DeniedRole) -> SafeString:
        return why_link(row.account_id, row.role.name)

    @admin.display(description=_("because"))
    def reasons(self, row: HeldRole | DeniedRole) -> SafeString:
        return shown_reasons(row)


class HeldRolesInside(_Explained):
    model = HeldRole
    readonly_fields = (
        "role",
        "counts",
        "origin",
        "rule",
        "ruleset_version",
        "reasons",
        "hand",
        "since",
    )
    verbose_name_plural = _("roles, and why")

    # The console makes one of us for each request, and a request is about one account.
    _masks: dict[str, MaskedRole] | None = None
    _hands: dict[str, str] | None = None

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        own = tuple(super().get_readonly_fields(request, obj))
        return (*own, "take") if request.user.has_perm("provisioning.delete_heldrole") else own

    @admin.display(description=_("action"))
    def take(self, row: HeldRole) -> SafeString:
        """Only what a hand gave can a hand take back."""
        by_hand = row.origin == HeldRole.Origin.HAND
        if not by_hand or not roles.may_revoke(row.account, row.role.name):
            return SafeString("")
        address = reverse("person-take", args=[row.account_id, row.pk])
        label = gettext("Take %(role)s back") % {"role": row.role.name}
        return _act(address, gettext("Take back…"), label)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[HeldRole]":
        rows: QuerySet[HeldRole] = super().get_queryset(request)
        return rows.select_related("role", "account")

    @admin.display(description=_("counts"))
    def counts(self, row: HeldRole) -> str:
        mask = self._masks_of(row.account).get(row.role.name)
        if not row.account.is_active:
            return gettext("no: the account is closed")
        if mask is None:
            return gettext("yes")
        if mask.why == "denied":
            return gettext("no: the rule %(rule)s denies it") % {"rule": mask.by}
        return gettext("no: %(role)s stands above it") % {"role": mask.by}

    @admin.display(description=_("given by"))
    def hand(self, row: HeldRole) -> str:
        if not row.given_by:
            return ""
        if self._hands is None:
            rows = row.account.held_roles.values_list("given_by", flat=True)
            self._hands = names_of(rows)
        return self._hands[row.given_by]

    def _masks_of(self, account: Account) -> dict[str, MaskedRole]:
        if self._masks is None:
            self._masks = {each.role: each for each in masked(account)}
        return self._masks


class DeniedRolesInside(_Explained):
    model = DeniedRole
    readonly_fields = ("role", "rule", "ruleset_version", "reasons", "provider", "since")
    verbose_name_plural = _("denied roles: they do not count, whatever gives them")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[DeniedRole]":
        rows: QuerySet[DeniedRole] = super().get_queryset(request)
        return rows.select_related("role", "linked_identity")

    @admin.display(description=_("according to"))
    def provider(self, row: DeniedRole) -> str:
        return row.linked_identity.provider


class AttributesInside(RowsInside):
    model = AccountAttribute
    fields = ("name", "shown", "provider", "rule", "ruleset_version")
    readonly_fields = fields
    verbose_name_plural = _("what describes the account")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AccountAttribute]":
        rows: QuerySet[AccountAttribute] = super().get_queryset(request)
        return rows.select_related("linked_identity")

    @admin.display(description=_("value"))
    def shown(self, row: AccountAttribute) -> str:
        return described(mapping_models.active(), row.rule, row.name, row.value)

    @admin.display(description=_("according to"))
    def provider(self, row: AccountAttribute) -> str:
        return row.linked_identity.provider


class IdentitiesInside(RowsInside):
    model = LinkedIdentity
    _shown = ("provider", "issuer", "subject", "username", "email", "email_verified", "last_seen")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        """With the ways out, for whoever may take them, where they would not leave nothing."""
        may = request.user.has_perm
        ways = ["unlink"] if may("provisioning.change_account") else []
        several = isinstance(obj, Account) and obj.identities.count() > 1
        if several and may("provisioning.merge_account"):
            ways.append("own_account")
        return (*self._shown, *ways)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        return self.get_readonly_fields(request, obj)

    @admin.display(description=_("more"))
    def own_account(self, row: LinkedIdentity) -> SafeString:
        name = gettext("An account of its own for %(name)s at %(provider)s")
        label = name % {"name": row.username or row.subject, "provider": row.provider}
        return _act(reverse("split", args=[row.pk]), gettext("Account of its own…"), label)

    @admin.display(description=_("action"))
    def unlink(self, row: LinkedIdentity) -> SafeString:
        """What SCIM tells of is the company's own record."""
        if row.issuer.startswith(SCIM_ISSUERS):
            return SafeString("")
        address = reverse("person-unlink", args=[row.account_id, row.pk])
        label = gettext("Take the identity of %(provider)s off") % {"provider": row.provider}
        return _act(address, gettext("Take off…"), label)
