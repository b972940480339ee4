"""What a provider tells of its own accord: its streams, what came by them, what is then done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gateway.console.connecting.desk import desk, may, page
from gateway.console.connecting.fields import line, select
from gateway.console.secret_fields import Secret
from gateway.flows.signals import streams
from gateway.flows.signals.errors import SignalStreamUnknown
from gateway.flows.signals.streams import ConnectedStream, WantedStream, push_url, revocation_url
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.streams.doings import CHOICES, Doing, doing
from gateway.streams.models import ReceivedSet, SignalStream
from providers import registry
from providers.errors import ProviderError
from providers.models import Provider
from providers.signals.events import Kind
from provisioning.models import Account

LAST = 20  # of what came over a stream
_KINDS: dict[Kind, str | Promise] = {
    Kind.SESSION_REVOKED: _("A session was revoked"),
    Kind.ACCOUNT_DISABLED: _("An account was disabled"),
    Kind.ACCOUNT_PURGED: _("An account was deleted"),
    Kind.ACCOUNT_ENABLED: _("An account was enabled again"),
    Kind.CREDENTIAL_REVOKED: _("A password or key was revoked"),
    Kind.CREDENTIAL_CHANGED: _("A password or key was added or changed"),
    Kind.CLAIMS_CHANGED: _("Somebody’s claims changed"),
    Kind.NOT_COMPLIANT: _("A device is not in order any more"),
    Kind.COMPLIANT: _("A device is in order"),
    Kind.ASSURANCE_CHANGED: _("A sign-in counts for more or less than before"),
    Kind.VERIFICATION: _("The stream was tested"),
    Kind.STREAM_UPDATED: _("The stream itself changed"),
    Kind.OTHER: _("Something else"),
}


class StreamForm(forms.Form):
    issuer = line(
        _("Transmitter"),
        max_length=500,
        help_text=_("Its issuer, to the letter. Of most providers it is the provider’s own."),
    )
    delivery = forms.ChoiceField(
        label=_("How events come"), choices=SignalStream.Delivery.choices, widget=select()
    )
    client_id = line(
        _("Client"),
        max_length=500,
        required=False,
        help_text=_(
            "With a client of the transmitter the gateway makes the stream itself. Leave it empty"
            " if you make the stream there by hand."
        ),
    )
    client_secret = Secret()
    token_endpoint = line(
        _("Where the client gets its token"),
        max_length=2048,
        required=False,
        help_text=_("Leave it empty for the provider’s own token endpoint."),
    )
    scope = line(_("Scopes to ask for"), max_length=500, required=False)
    audience = line(
        _("Audience"),
        max_length=500,
        required=False,
        help_text=_("Of a stream made by hand: what the transmitter writes as “aud”."),
    )

    def __init__(self, *said: Any, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*said, **more)
        self.fields["client_secret"].label = _("Its secret")

    def ask(self, slug: str, *, actor: str) -> ConnectedStream | None:
        """None if the flow refused; what it said stands beside its field."""
        said = {name: value or "" for name, value in self.cleaned_data.items()}
        wanted = WantedStream(**said)
        try:
            return streams.connect(slug, wanted, actor=actor, now=timezone.now())
        except DefinitionInvalid as error:
            for fault in error.faults:
                self.add_error(fault.field if fault.field in self.fields else None, fault.problem)
        except ProviderError as error:
            self.add_error(None, str(error))
        return None


class DoingsForm(forms.Form):
    """What is done upon each kind of signal."""

    def __init__(self, row: SignalStream, data: Any = None) -> None:  # noqa: ANN401
        super().__init__(data, initial={k.value: doing(k, row.doings).value for k in CHOICES})
        for kind, offered in CHOICES.items():
            choices = [(each.value, each.label) for each in offered]
            label = str(_KINDS[kind])
            field = forms.ChoiceField(label=label, choices=choices, widget=select())
            self.fields[kind.value] = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One event, in words. `person` is nobody's where the provider named nobody of its own."""

    at: datetime
    kind: str | Promise
    doing: str | Promise
    person: Account | None


@desk("view")
@require_GET
def signals(request: HttpRequest, slug: str) -> HttpResponse:
    row = registry.find(slug)
    return page(
        request,
        "signals",
        title=gettext("What %s tells of its own accord") % row.name,
        row=row,
        revocation_url=_revocation_url(row),
        streams=SignalStream.objects.filter(provider=row),
        may_change=may(request, "change"),
    )


@desk("change")
@require_http_methods(["GET", "POST"])
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    row = registry.find(slug)
    form = StreamForm(request.POST or None, initial={"issuer": row.settings.get("issuer", "")})
    if request.method == "POST" and form.is_valid():
        made = form.ask(slug, actor=str(request.user.pk))
        if made is not None:
            return page(
                request,
                "stream_made",
                title=gettext("The stream of %s is connected") % row.name,
                row=row,
                made=made,
                address=push_url(made.id),
                header=f"Bearer {made.token}",
            )
    title = gettext("Connect a stream of %s") % row.name
    return page(request, "stream_connect", title=title, row=row, form=form)


@desk("view")
@require_GET
def stream(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    row = _row(slug, pk)
    return _shown(request, row, DoingsForm(row))


@desk("change")
@require_POST
def doings(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    row = _row(slug, pk)
    form = DoingsForm(row, request.POST)
    if not form.is_valid():
        return _shown(request, row, form)
    streams.set_doings(pk, form.cleaned_data, actor=str(request.user.pk), now=timezone.now())
    messages.success(request, gettext("Saved. It counts from the next event on."))
    return _to(row)


@desk("change")
@require_POST
def verify(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    row = _row(slug, pk)
    try:
        streams.verify(pk, now=timezone.now())
    except ProviderError as error:
        messages.error(request, gettext("The transmitter could not be asked: %s") % error)
    else:
        asked = gettext("Asked. Look again in a moment: its answer comes over the stream.")
        messages.info(request, asked)
    return _to(row)


@desk("change")
@require_http_methods(["GET", "POST"])
def disconnect(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    row = _row(slug, pk)
    if request.method == "POST":
        told = streams.disconnect(pk, actor=str(request.user.pk), now=timezone.now())
        ended = gettext("The stream has ended.")
        by_hand = gettext("Nobody told the transmitter: end it there as well.")
        messages.success(request, ended if told else f"{ended} {by_hand}")
        return HttpResponseRedirect(reverse("console-provider-signals", args=[slug]))
    title = gettext("End the stream of %s") % row.provider.name
    return page(request, "stream_end", title=title, row=row.provider, stream=row)


def _shown(request: HttpRequest, row: SignalStream, form: DoingsForm) -> HttpResponse:
    return page(
        request,
        "stream",
        title=gettext("Stream of %s") % row.provider.name,
        row=row.provider,
        stream=row,
        address=push_url(row.pk),
        form=form,
        events=tuple(_events(row)),
        may_change=may(request, "change"),
    )


def _events(row: SignalStream) -> Iterator[Shown]:
    received = list(ReceivedSet.objects.filter(stream=row)[:LAST])
    told = [(each.received_at, event) for each in received for event in each.events]
    named = {event["account"] for _, event in told if event["account"]}
    people = {str(person.pk): person for person in Account.objects.filter(pk__in=named)}
    for at, event in told:
        yield Shown(
            at=at,
            kind=_KINDS[Kind(event["kind"])],
            doing=Doing(event["doing"]).label,
            person=people.get(event["account"]),
        )


def _revocation_url(row: Provider) -> str:
    """Empty for a provider that has no keys to sign such a request with."""
    return revocation_url(row.slug) if row.protocol == Provider.Protocol.OIDC else ""


def _row(slug: str, pk: UUID) -> SignalStream:
    try:
        row = streams.known(pk)
    except SignalStreamUnknown as error:
        raise Http404 from error
    if row.provider.slug != slug:
        raise Http404
    return row


def _to(row: SignalStream) -> HttpResponse:
    place = reverse("console-provider-stream", args=[row.provider.slug, row.pk])
    return HttpResponseRedirect(place)
