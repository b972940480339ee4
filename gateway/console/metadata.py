"""What a SAML provider says of itself: when it was read, and a change that waits for an admin."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from gateway.console.asking import Kept
from gateway.flows import metadata
from gateway.flows.configuration import changes
from providers.models import HeldMetadata, MetadataSource, Provider

_DECISIONS: dict[str, tuple[Callable[..., None], Any]] = {
    "accept": (metadata.accept, _("The change was taken.")),
    "dismiss": (metadata.dismiss, _("The change was dismissed; everything stays as it was.")),
}
_BUTTON = (
    '<button type="submit" formaction="{}" formnovalidate class="border border-base-300 '
    'font-medium px-4 py-2 rounded-default cursor-pointer dark:border-base-600">{}</button> '
)


class MetadataDesk(Kept):
    """The part of a provider's page about its metadata."""

    readonly_fields: ClassVar[tuple[str, ...]] = (
        "metadata_read",
        "metadata_held",
        "metadata_decision",
    )

    def metadata_fields(self, request: HttpRequest, row: Provider | None) -> tuple[str, ...]:
        if row is None:
            return ("metadata",)
        writes = self.has_change_permission(request, row)
        shown = {
            "metadata_read": _source(row) is not None,
            "metadata_held": _held(row) is not None,
            "metadata_decision": _held(row) is not None and writes,
            "metadata": writes,
        }
        return tuple(name for name, is_shown in shown.items() if is_shown)

    def get_urls(self) -> list[Any]:
        decide = self.admin_site.admin_view(self.decide)
        own = path("<uuid:provider>/metadata/<str:verb>/<str:digest>/", decide, name="metadata")
        return [own, *super().get_urls()]

    @admin.display(description=_("read from"))
    def metadata_read(self, row: Provider) -> SafeString:
        source = _source(row)
        if source is None:
            return format_html("-")
        lines = [source.url, gettext("last read %s") % _moment(source.checked_at)]
        if source.error:
            lines.append(gettext("It cannot be read just now: %s") % source.error)
        if source.valid_until:
            until = _moment(source.valid_until)
            lines.append(gettext("valid until %s; nobody signs in by it after that") % until)
        return _lines(lines)

    @admin.display(description=_("a change that waits for you"))
    def metadata_held(self, row: Provider) -> SafeString:
        held, source = _held(row), _source(row)
        if held is None or source is None:
            return format_html("-")
        said = gettext("Published since %s. It was not taken, because it lowers security:")
        differing = [change.words() for change in changes(source.taken, held.facts)]
        return _lines([said % _moment(held.since), *held.lowers, *differing])

    @admin.display(description=_("your decision"))
    def metadata_decision(self, row: Provider) -> SafeString:
        held = _held(row)
        verbs = (("accept", gettext("Take the change")), ("dismiss", gettext("Dismiss it")))
        return format_html_join(
            "",
            _BUTTON,
            (
                (reverse("admin:metadata", args=[row.pk, verb, held.digest]), words)
                for verb, words in verbs
                if held is not None
            ),
        )

    def decide(
        self, request: HttpRequest, provider: object, verb: str, digest: str
    ) -> HttpResponseBase:
        return require_POST(self._decide)(request, str(provider), verb, digest)

    def _decide(self, request: HttpRequest, provider: str, verb: str, digest: str) -> HttpResponse:
        if not self.has_change_permission(request) or verb not in _DECISIONS:
            raise PermissionDenied
        flow, done = _DECISIONS[verb]
        flow(provider, digest, actor=str(request.user.pk), now=timezone.now())
        messages.success(request, str(done))
        return HttpResponseRedirect(reverse("admin:providers_provider_change", args=[provider]))


def _source(row: Provider) -> MetadataSource | None:
    return MetadataSource.objects.filter(provider=row.pk).first()


def _held(row: Provider) -> HeldMetadata | None:
    return HeldMetadata.objects.filter(provider=row.pk, dismissed=False).first()


def _moment(moment: Any) -> str:  # noqa: ANN401
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _lines(lines: list[str]) -> SafeString:
    return format_html_join("", "<div>{}</div>", ((line,) for line in lines))
