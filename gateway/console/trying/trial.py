"""The test sign-in's pages: before it, and what it found."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from gateway.console import traces
from gateway.console.frame import POLICY
from gateway.console.trying.desk import page, provider_of
from gateway.flows import trial
from gateway.flows.pending import TriedBy
from gateway.traces.causes.table import cause_of
from gateway.traces.models import LoginTrace
from gateway.web.leaving import sent_to_provider
from gateway.wiring import config
from providers.models import Provider


@require_http_methods(["GET", "POST"])
def test(request: HttpRequest, slug: str) -> HttpResponse:
    """Says what a test does; POST leaves for the provider."""
    provider = provider_of(request, slug)
    if request.method == "POST":
        return _begun(request, provider)
    title = gettext("Test sign-in at %(provider)s") % {"provider": provider.name}
    response = page(request, "test", provider, title, address=_address(provider))
    # Browsers hold every redirect after a form to `form-action` too: see `web.pages.policy`.
    plain = " http:" if config().base_url.startswith("http://") else ""
    leaving = f"form-action 'self' https:{plain}"
    response["Content-Security-Policy"] = POLICY.replace("form-action 'self'", leaving)
    return response


def _begun(request: HttpRequest, provider: Provider) -> HttpResponse:
    tried_by = TriedBy(
        account=str(request.user.pk),
        session=request.session.handle,  # type: ignore[attr-defined]
    )
    begun = trial.begin(
        provider.slug,
        _address(provider),
        tried_by,
        fresh=request.POST.get("fresh") == "1",
        now=timezone.now(),
    )
    if isinstance(begun, str):
        where = reverse("console-provider-test-result", args=[provider.slug, begun])
        return HttpResponseRedirect(where, status=303)
    return sent_to_provider(request, begun)


def _address(provider: Provider) -> str:
    """Where real sign-ins come back to."""
    name = "saml-acs" if provider.protocol == Provider.Protocol.SAML else "oidc-callback"
    return config().base_url + reverse(name, args=[provider.slug])


@require_GET
def result(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """What one test found, for whoever ran it."""
    provider = provider_of(request, slug)
    found = trial.result(slug, name, str(request.user.pk))
    cause = cause_of(found.failed_check)
    trace = LoginTrace(
        cause=cause.kind if cause is not None else "",
        failed_check=found.failed_check,
        steps=found.steps,
        claims=found.claims,
    )
    if found.failed_check:
        title = gettext("%(provider)s: this sign-in would fail") % {"provider": provider.name}
    else:
        title = gettext("%(provider)s: this sign-in would work") % {"provider": provider.name}
    told = gettext("Nonces, session ids and whatever looks like a secret are not shown.")
    return page(
        request,
        "result",
        provider,
        title,
        found=found,
        why=traces.why(trace, provider),
        steps=traces.steps(trace),
        claims=traces.claims(trace, told),
    )
