"""A person's own pages: what she is like by whose word, set by hand; all that is kept of her,
handed out or erased.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gateway.console import receipts
from gateway.console.permission import demand
from gateway.console.rows import Rows, RowsInside
from gateway.flows import describing, personal_data
from gateway.flows.errors import LastWayIn
from gateway.web.names import names_of
from provisioning.models import Account, Merge, ProfileValue, Source
from provisioning.profile import MAX_ADDRESS, MAX_VALUE, Attribute

LABELS = {
    Attribute.NAME: _("Name"),
    Attribute.GIVEN_NAME: _("Given name"),
    Attribute.FAMILY_NAME: _("Family name"),
    Attribute.EMAIL: _("E-mail address"),
    Attribute.PHONE_NUMBER: _("Phone number"),
    Attribute.LOCALE: _("Language"),
    Attribute.TITLE: _("Title"),
    Attribute.DEPARTMENT: _("Department"),
    Attribute.ORGANIZATION: _("Organization"),
    Attribute.EMPLOYEE_NUMBER: _("Employee number"),
    Attribute.MANAGER: _("Manager"),
}
_HISTORY = 20  # entries that are shown


class AttributeForm(forms.Form):
    """One field for each attribute, with what a hand says now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            widget = forms.TextInput(attrs={"class": "connecting-input", "autocomplete": "off"})
            kind = forms.EmailField if name is Attribute.EMAIL else forms.CharField
            longest = MAX_ADDRESS if name is Attribute.EMAIL else MAX_VALUE
            self.fields[name.value] = kind(
                required=False, max_length=longest, label=label, widget=widget
            )

    def values(self) -> dict[Attribute, str]:
        """Those that were changed alone: what two administrators set at once stays."""
        return {Attribute(name): self.cleaned_data[name] for name in self.changed_data}


class PersonDesk(Rows):
    """The rows of people, with the pages of one of them beside."""

    def get_urls(self) -> list[Any]:
        views = {
            "attributes": self.attributes,
            "personal-data": self.personal_data,
            "export": require_POST(self.export),
            "erase": require_POST(self.erase),
        }
        own = [
            path(f"<uuid:person>/{name}/", self.admin_site.admin_view(view), name=f"person-{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    @admin.display(description=_("merged"))
    def merges(self, account: Account) -> SafeString:
        """Where it went, or what went into it, with the way back as long as there is one."""
        rows = Merge.objects.filter(Q(kept=account) | Q(gone=account)).select_related()
        return format_html_join("", "<div>{}</div>", ((_merged(row, account),) for row in rows))

    def attributes(self, request: HttpRequest, person: object) -> HttpResponse:
        account = _found(request, person, "change_account")
        if account.kind != Account.Kind.PERSON:
            raise Http404
        said = describing.said(account)
        hands = {row.name: row.value for row, _counts in said if row.source == "hand"}
        form = AttributeForm(request.POST or None, initial=hands)
        if request.method == "POST" and form.is_valid():
            describing.set_by_hand(
                account=str(account.pk),
                values=form.values(),
                actor=str(request.user.pk),
                now=timezone.now(),
            )
            messages.success(
                request, gettext("Kept. Live sessions hear of it at her next sign-in.")
            )
            return HttpResponseRedirect(_page(account))
        entries = list(describing.history_of(account)[:_HISTORY])
        names = names_of(str((each.additional_data or {}).get("actor", "")) for each in entries)
        context = {
            "form": form,
            "counting": {row.name: row for row, counts in said if counts},
            "history": [
                (each, names[str((each.additional_data or {}).get("actor", ""))], _steps(each))
                for each in entries
            ],
        }
        return self._page(request, account, "console/person_attributes.html", context)

    def personal_data(self, request: HttpRequest, person: object) -> HttpResponse:
        return require_safe(self._personal_data)(request, person)

    def _personal_data(
        self, request: HttpRequest, person: object, *, unconfirmed: bool = False
    ) -> HttpResponse:
        account = _found(request, person, "export_account", "erase_account")
        context = {
            "found": personal_data.consequence(account),
            "may_export": request.user.has_perm("provisioning.export_account"),
            "may_erase": request.user.has_perm("provisioning.erase_account"),
            "unconfirmed": unconfirmed,
        }
        return self._page(request, account, "console/personal_data.html", context)

    def export(self, request: HttpRequest, person: object) -> HttpResponse:
        account = _found(request, person, "export_account")
        document = personal_data.export(
            account=str(account.pk), actor=str(request.user.pk), now=timezone.now()
        )
        answer = HttpResponse(document, content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="person-{account.pk}.json"'
        return answer

    def erase(self, request: HttpRequest, person: object) -> HttpResponse:
        """Her username is typed by whoever means it."""
        account = _found(request, person, "erase_account")
        if request.POST.get("username", "").strip() != account.username:
            return self._personal_data(request, person, unconfirmed=True)
        try:
            personal_data.erase(
                account=str(account.pk),
                actor=str(request.user.pk),
                source=Source.CONSOLE,
                now=timezone.now(),
            )
        except LastWayIn:
            return self._personal_data(request, person)  # which says so
        messages.info(request, receipts.taken(request))
        messages.success(request, gettext("Nothing of this person is left here."))
        return HttpResponseRedirect(reverse("admin:provisioning_account_changelist"))

    def _page(
        self, request: HttpRequest, account: Account, template: str, told: dict[str, Any]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": account.get_full_name(),
            "opts": self.opts,
            "account": account,
            "back": _page(account),
            **told,
        }
        return TemplateResponse(request, template, context)


class ProfileInside(RowsInside):
    """What she is like, by whose word, and which word counts."""

    model = ProfileValue
    fields = ("shown_name", "value", "counts", "shown_source", "since")
    readonly_fields = fields
    verbose_name_plural = _("what she is like, and by whose word")

    # The console makes one of us for each request, and a request is about one account.
    _counting: frozenset[int] | None = None

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401
        return super().get_queryset(request).select_related("linked_identity", "account")

    @admin.display(description=_("attribute"))
    def shown_name(self, row: ProfileValue) -> str:
        return str(LABELS.get(Attribute(row.name), row.name))

    @admin.display(description=_("counts"), boolean=True)
    def counts(self, row: ProfileValue) -> bool:
        if self._counting is None:
            said = describing.said(row.account)
            self._counting = frozenset(each.pk for each, counts in said if counts)
        return row.pk in self._counting

    @admin.display(description=_("according to"))
    def shown_source(self, row: ProfileValue) -> str:
        if row.linked_identity is None:
            return gettext("by hand: %s") % names_of([row.by])[row.by]
        return f"{row.linked_identity.provider}, {row.get_source_display()}"


def _found(request: HttpRequest, person: object, *permissions: str) -> Account:
    """Raises PermissionDenied for whoever has none of them, or may not see people."""
    needed = [f"provisioning.{each}" for each in permissions]
    demand(request, "provisioning.view_account")
    if not any(map(request.user.has_perm, needed)):
        raise PermissionDenied
    account = Account.objects.filter(pk=str(person)).first()
    if account is None:
        raise Http404
    return account


def _page(account: Account) -> str:
    return reverse("admin:provisioning_account_change", args=[account.pk])


def _merged(row: Merge, account: Account) -> SafeString:
    away = row.gone_id == account.pk
    other = row.kept if away else row.gone
    words = gettext("went into %(who)s") if away else gettext("%(who)s went into this one")
    told = words % {"who": other.username}
    link = format_html('<a class="underline" href="{}">{}</a>', _page(other), told)
    state = f"{row.at:%Y-%m-%d %H:%M} UTC, {row.get_state_display()}"
    if row.state != Merge.State.DONE:
        return format_html("{} · {}", link, state)
    until = gettext("Undo… (until %s)") % f"{row.until:%Y-%m-%d}"
    undo = format_html(
        '<a class="underline" href="{}">{}</a>', reverse("merge-undo", args=[row.pk]), until
    )
    return format_html("{} · {} · {}", link, state, undo)


def _steps(entry: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 -- auditlog ships no types
    changes = (entry.changes or {}).items()
    return [(str(LABELS.get(name, name)), before, after) for name, (before, after) in changes]
