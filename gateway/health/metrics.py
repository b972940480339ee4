"""Figures in Prometheus's text format, for whoever bears the operator's token."""

from collections.abc import Mapping
from hmac import compare_digest

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from gateway import wiring
from gateway.flows.measure import Measures, measure


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Without a token in the configuration there is no such page."""
    token = wiring.config().metrics_token
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not compare_digest(given.encode(), f"Bearer {token}".encode()):
        challenge = {"WWW-Authenticate": 'Bearer realm="metrics"', "Cache-Control": "no-store"}
        return HttpResponse(status=401, content_type="text/plain", headers=challenge)
    return HttpResponse(
        generate_latest(_registry(measure(now=timezone.now()))),
        content_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )


def _registry(found: Measures) -> CollectorRegistry:
    """Made anew for each request: all of it is read, nothing is counted here."""
    registry = CollectorRegistry()
    seen = None if found.worker_seen is None else found.worker_seen.timestamp()
    known: tuple[tuple[str, str, float | None], ...] = (
        ("database_up", "Whether the database answers.", found.database),
        ("redis_up", "Whether Redis answers.", found.redis),
        ("worker_seen_timestamp_seconds", "When worker and beat were last alive.", seen),
        ("sessions_live", "Sessions, as the worker counted them within a minute.", found.sessions),
        ("providers_enabled", "Providers that people can sign in by.", found.providers),
        ("outbox_waiting", "Messages to apps that are not delivered yet.", found.outbox),
        (
            "record_unsealed",
            "Audit events not in the chain yet, a thousand at most.",
            found.unsealed,
        ),
    )
    for name, words, value in known:
        if value is not None:
            _gauge(registry, name, words, {(): value})
    words = "Until the nearest end within 90 days; negative once it has ended."
    _gauge(registry, "ends_in_seconds", words, found.ends, "kind", "provider")
    words = "What is wrong now, and has no end that could be told before."
    _gauge(registry, "needs_attention", words, found.wrong, "kind")
    words = "Sign-ins that came back from their provider within the last hour."
    _gauge(registry, "sign_ins_last_hour", words, found.sign_ins, "provider", "outcome", "cause")
    return registry


def _gauge(
    registry: CollectorRegistry,
    name: str,
    words: str,
    values: Mapping[tuple[str, ...], float],
    *labels: str,
) -> None:
    gauge = Gauge(f"gatehouse_{name}", words, labels, registry=registry)
    for told, value in values.items():
        (gauge.labels(*told) if labels else gauge).set(value)
