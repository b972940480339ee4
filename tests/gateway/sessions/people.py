"""Sessions of the people whom every test knows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.config import keyring
from gateway.sessions.session import Session, SessionStore, UpstreamLogin

RING_CONTENT = keyring.generate(datetime(2026, 1, 1, tzinfo=UTC))
RING = keyring.parse(RING_CONTENT)
EDGE_RING = keyring.parse(keyring.for_edge(RING_CONTENT))


def ada(**changes) -> Session:
    now = datetime.now(UTC).replace(microsecond=0)
    session = Session(
        account="0e4a1f0e-6a1c-4f2b-9d6e-2c1b7a90aaaa",
        username="ada",
        name="Ada Byron",
        email="ada@corp.example",
        email_verified=True,
        roles=frozenset({"deployer"}),
        provider="corp",
        upstream_session=None,
        acr="1",
        amr=("pwd",),
        authenticated_at=now,
        started_at=now,
        expires_at=now + timedelta(hours=10),
        idle_for=timedelta(hours=1),
        ruleset=3,
        auth_time_told=True,
    )
    return replace(session, **changes)


def ben(**changes) -> Session:
    session = ada(
        account="0e4a1f0e-6a1c-4f2b-9d6e-2c1b7a90bbbb",
        username="ben",
        name="Ben Okafor",
        email="ben@corp.example",
        roles=frozenset({"payroll"}),
    )
    return replace(session, **changes)


def named(*names: str, begun_at: datetime | None = None) -> UpstreamLogin:
    """A sign-in that its provider calls by these names, begun a minute ago."""
    return UpstreamLogin(names=names, begun_at=begun_at or datetime.now(UTC) - timedelta(minutes=1))


def end_upstream(store: SessionStore, provider: str, name: str) -> int:
    """What a flow does when the provider says that it is over; how many ended."""
    return sum(store.end(handle) for handle, _ in store.bar_upstream(provider, name))
