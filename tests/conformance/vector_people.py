"""Of whom and between whom the test vectors tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.sessions.session import Session

Case = dict[str, object]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER, AUDIENCE = "https://gateway.corp.example", "https://wiki.corp.example"
HOST, OTHER_HOST = "wiki.corp.example", "payroll.corp.example:8443"
ADA = Session(
    account="0e4a1f0e-6a1c-4f2b-9d6e-2c1b7a90aaaa",
    username="ada",
    name="Ada Byron",
    email="ada@corp.example",
    email_verified=True,
    roles=frozenset({"deployer", "auditor"}),
    provider="corp",
    upstream_session="sid-1",
    acr="urn:mfa",
    amr=("pwd", "otp"),
    authenticated_at=NOW - timedelta(minutes=20),
    started_at=NOW - timedelta(minutes=10),
    expires_at=NOW + timedelta(hours=8),
    idle_for=timedelta(hours=1),
    ruleset=7,
    generation=2,
    client="Firefox on Windows",
    country="DE",
)
ZOE = replace(
    ADA,
    account="0e4a1f0e-6a1c-4f2b-9d6e-2c1b7a90bbbb",
    username="zoë",
    name='Zoë 李 {"v":2}',
    email=None,
    email_verified=False,
    roles=frozenset(),
    provider="",
    upstream_session=None,
    acr=None,
    amr=(),
    remembered=True,
    client="",
    country="",
)
