"""Figures for Prometheus: who may read them, and what they say."""

from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from gateway import wiring
from gateway.flows import condition, measure
from gateway.relying_parties.models import OutboxMessage
from tests.gateway.console.company import traced
from tests.gateway.ending import in_days, oidc_provider, saml_provider
from tests.gateway.pages.signed_in import HOST, account, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

TOKEN = "t" * 32


def ask(token: str = TOKEN, **headers: str):
    return Client(headers={"Host": HOST, "Authorization": f"Bearer {token}"} | headers).get(
        "/metrics"
    )


@pytest.fixture
def watched(settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, metrics_token=TOKEN)


def figures() -> dict[tuple[str, ...], float]:
    """By name and values of labels, in the order of their names."""
    answer = ask()
    assert answer.status_code == 200
    return {
        (sample.name.removeprefix("gatehouse_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_without_a_token_in_the_configuration_there_is_no_such_page() -> None:
    for token in ("", TOKEN):
        assert ask(token).status_code == 404


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(
    "header",
    ["", TOKEN, "Bearer ", f"Bearer {TOKEN[1:]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"],
)
def test_whoever_does_not_bear_the_token_is_told_nothing(header: str) -> None:
    saml_provider()
    answer = ask(Authorization=header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.content == b""


@pytest.mark.usefixtures("watched")
def test_a_cookie_opens_nothing_and_nobody_may_post() -> None:
    client = Client(headers={"Host": HOST})
    assert client.get("/metrics").status_code == 401
    assert client.post("/metrics").status_code == 405


@pytest.mark.usefixtures("watched")
def test_it_is_prometheus_own_format_and_kept_by_nobody() -> None:
    answer = ask()
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert answer["Cache-Control"] == "no-store"
    assert "# HELP gatehouse_database_up" in answer.content.decode()


@pytest.mark.usefixtures("watched")
def test_it_is_read_on_the_loopback_address_too() -> None:
    assert ask(Host="127.0.0.1:8001").status_code == 200


@pytest.mark.usefixtures("watched")
def test_a_gateway_at_work() -> None:
    saml_provider("okta", idp=in_days(12))
    saml_provider("adfs", idp=in_days(40), own=in_days(-3))
    oidc_provider("odd", issuer=7)
    OutboxMessage.objects.create(kind="routes.publish")
    condition.beat(now=timezone.now())
    start(account("ada"))
    start(account("ben"))
    condition.count_sessions()
    found = figures()
    assert found["database_up",] == found["redis_up",] == 1
    assert found["providers_enabled",] == 3
    assert found["sessions_live",] == 2
    assert found["outbox_waiting",] == 1
    assert found["record_unsealed",] == 0
    assert found["worker_seen_timestamp_seconds",] == pytest.approx(
        timezone.now().timestamp(), abs=5
    )
    day = 24 * 3600
    assert found["ends_in_seconds", "idp-certificate", "okta"] == pytest.approx(12 * day, abs=5)
    assert found["ends_in_seconds", "sp-certificate", "adfs"] == pytest.approx(-3 * day, abs=5)
    assert found["needs_attention", "settings"] == 1


@pytest.mark.usefixtures("watched")
def test_what_nobody_knows_is_left_out() -> None:
    assert {"worker_seen_timestamp_seconds", "sessions_live"} & {
        name for name, *_ in figures()
    } == set()


@pytest.mark.usefixtures("watched")
def test_sign_ins_of_the_last_hour_by_provider_outcome_and_cause() -> None:
    now = timezone.now()
    for _ in range(3):
        traced(at=now, outcome="succeeded", cause="", failed_check="")
    traced(at=now)
    traced(at=now - timedelta(minutes=61))
    assert {key[1:]: n for key, n in figures().items() if key[0] == "sign_ins_last_hour"} == {
        ("", "succeeded", "corp-oidc"): 3,
        ("here", "failed", "corp-oidc"): 1,
    }


@pytest.mark.usefixtures("watched")
def test_of_very_many_the_most_urgent_and_the_busiest_are_told(monkeypatch) -> None:
    monkeypatch.setattr(measure, "MAX_SERIES", 2)
    for number in range(4):
        saml_provider(f"p{number}", idp=in_days(20 - number))
        for _ in range(number):
            traced(at=timezone.now(), provider=f"p{number}")
    keys = figures()
    assert {key[2] for key in keys if key[0] == "ends_in_seconds"} == {"p3", "p2"}
    assert {key[3] for key in keys if key[0] == "sign_ins_last_hour"} == {"p3", "p2"}


@pytest.mark.usefixtures("watched")
def test_a_part_that_is_away_is_a_figure_and_no_error(monkeypatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise DatabaseError("could not connect to host db.corp.example with password x")

    away = redis.Redis.from_url("redis://:secret@127.0.0.1:1/0")
    monkeypatch.setattr(wiring, "shared_cache", lambda: wiring.RedisCache(away))
    monkeypatch.setattr(connection, "cursor", refuse)
    found = figures()
    assert found == {("database_up",): 0, ("redis_up",): 0}


@pytest.mark.usefixtures("watched")
def test_what_it_asks_of_the_database_does_not_grow_with_providers(
    django_assert_max_num_queries,
) -> None:
    for number in range(20):
        saml_provider(f"p{number}", idp=in_days(12))
    with django_assert_max_num_queries(11):
        figures()
