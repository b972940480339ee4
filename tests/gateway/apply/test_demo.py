"""The demo's own file is a good file. Keycloak's metadata comes from a file here, not from it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from deploy import credentials
from gateway.flows.apply import apply
from providers.models import Provider
from tests.gateway.apply.saml import idp_metadata

DEMO = Path(__file__).parents[3] / "deploy" / "demo" / "gatehouse.yaml"
KEYCLOAK_METADATA = """\
    metadata:
      url: ${GATEHOUSE_DEMO_KEYCLOAK}/realms/corp/protocol/saml/descriptor
      allowed_networks: ["127.0.0.0/8", "::1/128"]
"""


@pytest.mark.django_db
def test_the_demos_file_applies_and_then_is_so(tmp_path):
    credentials.ensure(tmp_path / "credentials")
    text = DEMO.read_text()
    assert KEYCLOAK_METADATA in text
    (tmp_path / "idp.xml").write_bytes(idp_metadata())
    file = tmp_path / "gatehouse.yaml"
    file.write_text(text.replace(KEYCLOAK_METADATA, "    metadata: file:idp.xml\n"))
    variables = {
        "GATEHOUSE_DEMO_CREDENTIALS": str(tmp_path / "credentials"),
        "GATEHOUSE_DEMO_KEYCLOAK": "http://localhost:8080",
        "GATEHOUSE_DEMO_WIKI": "http://wiki.corp.localhost:8000",
        "GATEHOUSE_DEMO_PAYROLL": "http://payroll.other.localhost:8000",
    }
    now = datetime.now(UTC)
    assert apply([file], variables=variables, actor="operator", now=now)
    assert apply([file], variables=variables, actor="operator", now=now) == ()
    assert set(Provider.objects.values_list("slug", flat=True)) == {"corp-oidc", "corp-saml"}
    assert Group.objects.get(name="gatehouse-admin").permissions.count() > 10
