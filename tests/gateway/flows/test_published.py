"""What OIDC providers publish is renewed before a sign-in would have to wait for it."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.celery import app
from gateway.flows import published
from gateway.tasks.published import renew as task
from providers import registry
from providers.models import Provider
from providers.oidc.metadata import Published
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.journeys.browser import oidc_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

NOW = timezone.now()
FRESH = timedelta(minutes=10)  # as the fake says


@pytest.fixture
def idp() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        yield running


def documents(row: Provider) -> Published:
    return registry.published_documents(row, wiring.shared_cache())[0]


def known(row: Provider) -> list[str | None]:
    return [key.kid for key in documents(row).keys(NOW)]


def test_documents_are_fetched_before_they_are_stale_and_not_sooner(idp):
    documents(oidc_row(idp)).keys(NOW)
    assert published.renew(now=NOW) == 0
    assert published.renew(now=NOW + FRESH - published.AHEAD - timedelta(seconds=1)) == 0
    assert idp.asked == {"discovery": 1, "keys": 1}
    assert published.renew(now=NOW + FRESH - published.AHEAD) == 1
    assert idp.asked == {"discovery": 2, "keys": 2}
    assert published.renew(now=NOW + FRESH - published.AHEAD) == 0


def test_only_the_document_that_is_due_is_fetched(idp):
    row = oidc_row(idp)
    documents(row).metadata(NOW)
    documents(row).keys(NOW + timedelta(minutes=5))
    assert published.renew(now=NOW + FRESH - published.AHEAD) == 1
    assert idp.asked == {"discovery": 2, "keys": 1}


def test_a_new_key_is_known_before_anybody_brings_it(idp):
    row = oidc_row(idp)
    assert known(row) == ["rsa-1", "ec-1"]
    idp.rotate()
    published.renew(now=NOW + FRESH)
    assert known(row) == ["rsa-2"]


def test_no_sign_in_has_to_fetch_while_the_worker_does(idp):
    row = oidc_row(idp)
    documents(row).keys(NOW)
    for minutes in range(1, 60):
        published.renew(now=NOW + timedelta(minutes=minutes))
        before = dict(idp.asked)
        documents(row).metadata(NOW + timedelta(minutes=minutes, seconds=59))
        documents(row).keys(NOW + timedelta(minutes=minutes, seconds=59))
        assert idp.asked == before


def test_who_never_signed_in_costs_nobody_a_call(idp):
    oidc_row(idp)
    assert published.renew(now=NOW + FRESH) == 0
    assert idp.asked == {}


def test_a_provider_that_is_switched_off_is_not_asked(idp):
    row = oidc_row(idp)
    documents(row).keys(NOW)
    Provider.objects.update(enabled=False)
    assert published.renew(now=NOW + FRESH) == 0
    assert idp.asked == {"discovery": 1, "keys": 1}


def test_a_row_that_cannot_work_stops_no_other(idp):
    documents(oidc_row(idp)).keys(NOW)
    Provider.objects.create(slug="aaa", name="A", protocol="oidc", dialect="plain", settings={})
    assert published.renew(now=NOW + FRESH) == 1


@pytest.mark.parametrize("answer", [(503, b""), (200, b"<html>"), (200, b'{"keys":[]}')])
def test_the_old_set_is_kept_while_the_publisher_is_down(idp, answer, caplog):
    row = oidc_row(idp)
    documents(row).keys(NOW)
    idp.lie.answers.update(discovery=answer, keys=answer)
    assert published.renew(now=NOW + FRESH) == 0
    assert "could not be renewed" in caplog.text
    assert [key.kid for key in documents(row).keys(NOW + FRESH)] == ["rsa-1", "ec-1"]
    idp.lie.answers.clear()
    assert published.renew(now=NOW + FRESH + published.AHEAD) == 1


def test_silent_providers_do_not_hold_up_the_others(idp):
    with oidc_provider() as silent:
        for number in range(published.AT_ONCE - 1):
            documents(oidc_row(silent, f"silent-{number}")).keys(NOW)
        row = oidc_row(idp)
        documents(row).keys(NOW)
        silent.lie.slow.update(discovery=1.0)
        idp.rotate()
        began = time.monotonic()
        assert published.renew(now=NOW + FRESH) == published.AT_ONCE
        assert time.monotonic() - began < 4
        assert known(row) == ["rsa-2"]


def test_a_run_has_an_end_and_the_longest_overdue_comes_first(idp, monkeypatch):
    with oidc_provider() as second:
        documents(oidc_row(second, "second")).keys(NOW + timedelta(minutes=1))
        documents(oidc_row(idp)).keys(NOW)
        order: list[str] = []
        monkeypatch.setattr(Published, "renew_due", lambda self, *_: order.append(self.issuer))
        monkeypatch.setattr(published, "AT_ONCE", 1)
        assert published.renew(now=NOW + FRESH) == 2
        assert order == [idp.issuer, second.issuer]
        monkeypatch.setattr(published, "MAX_SECONDS", -1.0)
        assert published.renew(now=NOW + FRESH) == 0


def test_what_the_row_believes_besides_is_renewed_too(idp):
    with oidc_provider() as registry_of_claims:
        row = oidc_row(idp, settings={"claims_providers": [registry_of_claims.issuer]})
        for each in registry.published_documents(row, wiring.shared_cache()):
            each.keys(NOW)
        assert published.renew(now=NOW + FRESH) == 2
        assert registry_of_claims.asked == {"discovery": 2, "keys": 2}


def test_the_worker_does_it_each_minute(idp):
    documents(oidc_row(idp)).keys(NOW - FRESH)
    task()
    assert idp.asked == {"discovery": 2, "keys": 2}
    assert app.conf.beat_schedule["published.renew"]["schedule"] == 60.0
    assert "gateway.tasks.published" in app.conf.include
