"""`manage.py doctor --online`: every provider is asked now, within limits."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from gateway.flows import ask_providers
from tests.fakes.http_server import serving
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.fakes.saml_metadata import Publisher
from tests.gateway.commands.test_doctor import doctor, of
from tests.gateway.ending import saml_provider
from tests.gateway.flows.renewing import connect, operator, publisher
from tests.journeys.browser import oidc_row

__all__ = ["connect", "operator", "publisher"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def dated(app: OidcProvider, ahead: float) -> Callable[..., Any]:
    """The same server, whose clock is this many seconds ahead of ours."""

    def serve(environ: Any, start: Any) -> Any:
        said = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=ahead)
        date = ("Date", format_datetime(said, usegmt=True))
        return app(environ, lambda status, headers: start(status, [*headers, date]))

    return serve


@pytest.mark.parametrize(
    ("ahead", "verdict", "says"),
    [
        (0, "ok", "corp-oidc answers, and its clock agrees with ours."),
        (30, "warn", "s behind its."),
        (-30, "warn", "s ahead of its."),
        (300, "bad", "s behind its."),
        (-300, "bad", "s ahead of its."),
    ],
)
def test_a_provider_is_asked_and_its_clock_compared(ahead, verdict, says) -> None:
    with oidc_provider() as provider:
        oidc_row(provider)
        provider.server.app = dated(provider, ahead)
        [(found, told, _)] = of("online", "--online")
    assert (found, told.endswith(says)) == (verdict, True), told


def test_a_provider_that_tells_no_time_is_asked_all_the_same() -> None:
    with oidc_provider() as provider:
        oidc_row(provider)
        assert of("online", "--online") == [("ok", "corp-oidc answers, and tells no time.", "")]
        assert provider.asked["keys"] == 1
        assert of("online", "--online")  # and asked anew: nothing is kept of the first time
        assert provider.asked["keys"] == 2


def test_a_provider_that_does_not_answer_is_told_with_the_reason() -> None:
    with oidc_provider() as provider:
        oidc_row(provider)
    status, told = doctor("--online")
    assert status == 2
    assert "bad   online         corp-oidc cannot be read: http://127.0.0.1:" in told


def test_saml_metadata_is_read_where_it_is_published(connect, publisher: Publisher) -> None:
    connect()
    asked = publisher.asked
    assert [verdict for verdict, *_ in of("online", "--online")] == ["ok"]
    assert publisher.asked == asked + 1
    publisher.status = 404
    [(verdict, says, _)] = of("online", "--online")
    assert (verdict, says) == ("bad", "corp-saml cannot be read: metadata: status 404.")


def test_a_saml_provider_without_an_address_has_nothing_to_be_asked() -> None:
    saml_provider()
    [(verdict, says, _)] = of("online", "--online")
    assert (verdict, says) == ("ok", "okta has no address at which its metadata could be read.")


def test_one_provider_can_be_asked_alone() -> None:
    saml_provider("okta")
    saml_provider("ping")
    [(_, says, _)] = of("online", "--online", "--provider", "ping")
    assert says.startswith("ping ")
    [(verdict, says, _)] = of("online", "--online", "--provider", "pong")
    assert (verdict, says) == ("bad", "pong is no enabled provider.")


def test_without_online_nobody_is_asked() -> None:
    with oidc_provider() as provider:
        oidc_row(provider)
        assert of("online") == []
        assert provider.server.connections == set()


def test_silent_providers_cost_no_more_than_the_time_for_all(monkeypatch) -> None:
    monkeypatch.setattr(ask_providers, "ALL_SECONDS", 0.3)

    def silent(_environ: Any, start: Any) -> list[bytes]:
        time.sleep(1)
        start("404 -", [])
        return []

    with serving(silent) as server:
        for number in range(3):
            oidc_row(_At(server.url), f"silent-{number}")
        began = time.monotonic()
        found = of("online", "--online")
        assert time.monotonic() - began < 0.9
    assert [verdict for verdict, *_ in found] == ["warn"]
    assert "Not all were asked" in found[0][1]


class _At:
    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
