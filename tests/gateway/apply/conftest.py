from datetime import UTC, datetime

import pytest

from gateway.flows.apply import apply, difference
from gateway.flows.apply_source import ConfigurationInvalid

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

CORP = """\
roles:
  - name: deployer
    label: Deployer
    whom_to_ask: platform@corp.example
  - name: gatehouse-admin
    label: Gatehouse administrator
    permissions: [audit.view_auditevent, "relying_parties.*"]
providers:
  - slug: corp-oidc
    name: Corp
    protocol: oidc
    dialect: keycloak
    link_policy: verified-email
    email_domains: [corp.example]
    settings:
      issuer: https://id.corp.example/realms/corp
      client_id: gatehouse
    secrets:
      client_secret: env:CORP_SECRET
rules:
  - id: deployers
    roles: [deployer]
    provider: corp-oidc
    when: {claim: groups, glob: "/engineering/*"}
relying_parties:
  - slug: wiki
    name: Wiki
    origins: ["http://wiki.corp.localhost:${GATEHOUSE_PORT}"]
    access:
      - {path: /, roles: []}
      - {path: /deploy, roles: [deployer]}
      - {path: /assets/, public: true}
    shares: [name, roles]
    contact: wiki-owners@corp.example
"""
VARIABLES = {"CORP_SECRET": "a secret of the company", "GATEHOUSE_PORT": "8000"}


class Operator:
    """Writes files and applies them."""

    def __init__(self, folder):
        self.folder = folder
        self.variables = dict(VARIABLES)

    def file(self, text, name="gatehouse.yaml"):
        path = self.folder / name
        path.write_text(text)
        return path

    def apply(self, *texts):
        return self._run(apply, texts)

    def check(self, *texts):
        return self._run(difference, texts)

    def faults(self, *texts):
        with pytest.raises(ConfigurationInvalid) as caught:
            self.apply(*texts)
        return [f"{f.line} {f.field} {f.problem}" for f in caught.value.faults]

    def _run(self, verb, texts):
        files = [self.file(text, f"{at}.yaml") for at, text in enumerate(texts)]
        return verb(files, variables=self.variables, actor="operator", now=NOW)


@pytest.fixture
def operator(tmp_path, db):
    return Operator(tmp_path)
