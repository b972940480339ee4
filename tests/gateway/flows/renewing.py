"""A provider whose metadata is published somewhere, connected by a file."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from gateway.audit.models import AuditEvent
from gateway.flows import metadata
from providers.models import HeldMetadata, MetadataSource, Provider
from tests.fakes.saml_metadata import Publisher, publishing
from tests.fakes.saml_signing import key_pair
from tests.gateway.apply.conftest import Operator, operator

__all__ = ["operator"]

OLD, NEW, THIRD = (key_pair(name).certificate for name in ("idp", "idp-next", "idp-third"))
FILE = """\
providers:
  - slug: corp-saml
    name: Corp (SAML)
    protocol: saml
    dialect: keycloak
    metadata: {{url: "{url}", allowed_networks: ["127.0.0.0/8"]{more}}}
    settings: {{signed: both{settings}}}
    secrets: {{sp_private_key: "file:key.pem", sp_certificate: "file:certificate.pem"}}
"""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as found:
        yield found


@pytest.fixture
def connect(operator: Operator, publisher: Publisher):
    """Applies a file that names the address; the row as it is then."""
    service = key_pair("gateway")
    operator.file(service.key, "key.pem")
    operator.file(service.certificate, "certificate.pem")
    operator.file(key_pair("federation").certificate, "federation.pem")

    def connected(more: str = "", settings: str = "") -> Provider:
        text = FILE.format(url=publisher.url, more=more, settings=settings)
        assert operator.apply(text) == ("+ provider corp-saml",)
        assert operator.apply(text) == ()
        return Provider.objects.get()

    return connected


def start() -> datetime:
    return MetadataSource.objects.get().checked_at


def after(hours: float) -> datetime:
    return start() + timedelta(hours=hours)


def settings() -> dict[str, object]:
    found: dict[str, object] = Provider.objects.get().settings
    return found


def told(event: str) -> list[dict[str, object]]:
    return [row.detail for row in AuditEvent.objects.filter(event=event).order_by("pk")]


def held(publisher: Publisher, **change: object) -> HeldMetadata:
    publisher.change(**(change or {"certificates": (NEW,)}))
    metadata.refresh(now=after(1))
    return HeldMetadata.objects.get()
