"""`manage.py doctor`: each part, what is wrong with it, and what to do."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import redis
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.config.mail import mail_server
from gateway.flows import condition, readers
from gateway.notices.models import ToldEnding
from gateway.relying_parties.models import OutboxMessage, RelyingParty
from mapping import models as mapping_models
from tests.gateway.commands.test_check import memory, sound
from tests.gateway.ending import in_days, oidc_provider, saml_provider
from tests.gateway.flows.mapping.crowd import vouched
from tests.gateway.pages.signed_in import account, start

__all__ = ["memory", "sound"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def doctor(*words: str) -> tuple[int, str]:
    out, status = StringIO(), 0
    try:
        call_command("doctor", *words, stdout=out)
    except SystemExit as ended:
        status = int(ended.code)  # type: ignore[arg-type]
    return status, out.getvalue()


def of(area: str, *words: str) -> list[tuple[str, str, str]]:
    found = json.loads(doctor("--json", *words)[1])["findings"]
    return [(f["verdict"], f["says"], f["remedy"]) for f in found if f["area"] == area]


@pytest.fixture
def healthy(settings, sound, memory, redis_url) -> None:
    """A gateway in production, of which nothing is to be said."""
    server = mail_server("smtps://mail.corp.example")
    settings.ENVIRONMENT = replace(
        sound, redis_url=redis_url, mail_server=server, operator_email=("it@corp.example",)
    )
    settings.SECURE_HSTS_SECONDS = 31_536_000
    condition.beat(now=timezone.now())
    oidc_provider()


@pytest.mark.usefixtures("healthy")
def test_when_all_is_well_each_part_is_named_and_the_status_is_0() -> None:
    status, told = doctor()
    assert status == 0, told
    lines = told.splitlines()
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["ok", area]
        for area in (
            "configuration",
            "database",
            "redis",
            "worker",
            "outbox",
            "record",
            "providers",
            "apps",
            "readers",
            "rules",
            "forecast",
            "mail",
        )
    ]
    assert lines[-1] == "12 ok, 0 warn, 0 bad"


@pytest.mark.usefixtures("healthy")
def test_what_can_wait_is_status_1_and_comes_with_its_remedy() -> None:
    saml_provider(idp=in_days(12))
    status, told = doctor()
    assert status == 1, told
    assert "warn  forecast       The signing certificate of okta ends in 12 days (20" in told
    assert "\n                     -> Ask its administrator for the next certificate" in told


@pytest.mark.usefixtures("healthy")
def test_what_stops_people_is_status_2() -> None:
    saml_provider(idp=in_days(12))
    oidc_provider("broken", issuer="nowhere")
    status, told = doctor()
    assert status == 2
    assert "bad   providers      Nobody can sign in by broken: issuer" in told
    assert "settings of broken" not in told  # once is enough


@pytest.mark.usefixtures("healthy")
def test_for_machines_the_same_as_json() -> None:
    saml_provider(idp=in_days(3))
    status, told = doctor("--json")
    found = json.loads(told)
    assert (status, found["verdict"]) == (2, "bad")
    [forecast] = [each for each in found["findings"] if each["area"] == "forecast"]
    assert forecast["verdict"] == "bad"
    assert "ends in 3 days" in forecast["says"]
    assert forecast["remedy"]


def test_a_weak_configuration_is_told_with_its_hint() -> None:
    [(verdict, says, remedy)] = [each for each in of("configuration") if "E013" in each[1]]
    assert verdict == "bad"
    assert says.startswith("Redis has appendonly no")
    assert remedy.startswith("CONFIG SET appendonly yes")


@pytest.mark.usefixtures("healthy")
def test_a_check_that_the_operator_silenced_is_not_told(settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, staff_role="")
    assert "E008" in of("configuration")[0][1]
    settings.SILENCED_SYSTEM_CHECKS = [*settings.SILENCED_SYSTEM_CHECKS, "gateway.E008"]
    assert [verdict for verdict, *_ in of("configuration")] == ["ok"]


def test_a_database_that_is_away_is_told_and_the_rest_goes_on(monkeypatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise DatabaseError("could not connect to db.corp.example with password x")

    monkeypatch.setattr(connection, "cursor", refuse)
    status, told = doctor("--online")
    assert status == 2
    assert "bad   database       The database does not answer (DatabaseError)." in told
    assert "ok    redis" in told
    assert "Not looked at: outbox, record, providers, apps, readers, rules, forecast, mail." in told
    assert told.count("does not answer") == 1
    assert "db.corp.example" not in told


def test_a_redis_that_is_away_is_told_without_its_address(monkeypatch) -> None:
    away = redis.Redis.from_url("redis://:secret@127.0.0.1:1/0")
    monkeypatch.setattr(wiring, "redis_client", lambda: away)
    monkeypatch.setattr(wiring, "shared_cache", lambda: wiring.RedisCache(away))
    assert [verdict for verdict, *_ in of("redis") + of("worker")] == ["bad"]
    assert of("doctor")[0][:2] == ("warn", "Not looked at: worker, readers.")
    assert [verdict for verdict, *_ in of("database")] == ["ok"]
    assert "secret" not in doctor()[1]


def test_migrations_that_are_not_applied_are_counted() -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="notices").delete()
    [(verdict, says, remedy)] = of("database")
    assert (verdict, remedy) == ("bad", "Run manage.py migrate.")
    assert says == "1 migrations are not applied."


@pytest.mark.parametrize(
    ("told", "verdict", "says"),
    [
        ({"redis_version": "6.2.14"}, "bad", "Redis 6.2.14 is too old."),
        ({"redis_version": "7.0.0"}, "ok", "Redis 7.0.0 answers."),
        (
            {"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "7.1.9"},
            "bad",
            "Valkey 7.1.9 is too old.",
        ),
        (
            {"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "8.0.1"},
            "ok",
            "Valkey 8.0.1 answers.",
        ),
    ],
)
def test_a_redis_that_is_too_old_is_told(monkeypatch, told, verdict, says) -> None:
    monkeypatch.setattr(wiring.redis_client(), "info", lambda _section: told)
    [found] = of("redis")
    assert found[:2] == (verdict, says)


def test_a_worker_that_is_silent_is_told_since_when() -> None:
    assert "for a week, or ever" in of("worker")[0][1]
    condition.beat(now=timezone.now() - timedelta(minutes=1))
    assert [verdict for verdict, *_ in of("worker")] == ["ok"]
    condition.beat(now=datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    [(verdict, says, remedy)] = of("worker")
    assert verdict == "bad"
    assert "since 2026-03-02 12:00 UTC" in says
    assert remedy.startswith("celery --app gateway.celery worker --beat")


@pytest.mark.parametrize(("minutes", "verdict"), [(0.5, "ok"), (5, "warn"), (20, "bad")])
def test_what_waits_for_the_worker_is_told_when_it_waits_long(minutes, verdict) -> None:
    since = timezone.now() - timedelta(minutes=minutes)
    OutboxMessage.objects.create(kind="routes.publish", created_at=since)
    AuditEvent.objects.create(at=since, event="keys.rotated", actor="operator")
    for area in ("outbox", "record"):
        [(found, says, _)] = of(area)
        assert found == verdict, area
        assert ("1 wait to be" in says) is (verdict != "ok")


def test_rules_in_force_that_name_what_no_rule_may_give_are_told(settings) -> None:
    when = {"claim": "groups", "equals": "/it"}
    names = ("gatehouse-admin", "payroll")
    given = [{"id": f"{name}s", "when": when, "roles": [name]} for name in names]
    mapping_models.publish({"rules": given}, based_on=0, by="dora", now=timezone.now())
    assert [verdict for verdict, *_ in of("rules")] == ["ok"]
    settings.RULES_NEVER_GIVE = frozenset({"payroll", "auditor"})
    [(verdict, says, remedy)] = of("rules")
    assert (verdict, says.split(": ")[-1]) == ("warn", "payroll by payrolls.")
    assert "GATEHOUSE_RULES_NEVER_GIVE" in remedy
    settings.RULES_NEVER_GIVE = frozenset(names)
    [(_, says, _)] = of("rules")
    assert says.endswith(
        "gatehouse-admin by gatehouse-admins, payroll by payrolls. One of them opens the console."
    )


def test_an_app_that_demands_an_age_which_a_provider_does_not_tell_is_named() -> None:
    oidc_provider()
    access = [{"path": "/", "roles": [], "public": False, "max_age_minutes": 5}]
    RelyingParty.objects.create(slug="vault", name="Vault", access=access)
    assert of("apps") == [("ok", "None demands an age that a provider does not tell.", "")]
    start(account("ada"), "entra", auth_time_told=False)
    [(verdict, says, remedy)] = of("apps")
    assert (verdict, remedy[:22]) == ("warn", "Add the optional claim")
    assert says == (
        "vault demands an age. People of Entra could not enter: this provider does not say when it "
        "saw them (auth_time)."
    )
    RelyingParty.objects.update(enabled=False)
    assert [verdict for verdict, *_ in of("apps")] == ["ok"]


def test_a_reader_of_an_app_that_is_off_or_gone_is_named() -> None:
    for slug in ("wiki", "payroll"):
        origin = f"https://{slug}.corp.example"
        RelyingParty.objects.create(slug=slug, name=slug, origins=[origin])
    now = timezone.now()
    try:
        for name, app in (("one", "wiki"), ("two", "payroll")):
            readers.add(name, app, now=now)
        assert of("readers") == [("ok", "Each is of an app that is on.", "")]
        RelyingParty.objects.filter(slug="wiki").update(enabled=False)
        RelyingParty.objects.filter(slug="payroll").delete()
        assert of("readers") == [
            (
                "warn",
                f"Reader {name} of app {app}, which is {state}, still reads.",
                f"manage.py readers remove {name}",
            )
            for name, app, state in (("one", "wiki", "off"), ("two", "payroll", "gone"))
        ]
    finally:
        for reader in readers.listed():
            readers.remove(reader.name, now=now)


def test_people_who_wait_for_a_key_are_told(settings) -> None:
    vouched("ada", "/eng")
    mapping_models.publish({"rules": []}, based_on=0, by="dora", now=timezone.now())
    settings.IDENTITY_KEYS = lambda: (("new", b"k" * 32),)
    [(verdict, says, remedy)] = of("rules")
    assert (verdict, says[:33]) == ("warn", "1 identities are not decided upon")
    assert "key ring" in remedy


def test_a_gateway_without_providers_is_told_the_next_step() -> None:
    [(verdict, _, remedy)] = of("providers")
    assert (verdict, remedy) == ("warn", "docs/connect-a-provider.md")


@pytest.mark.usefixtures("healthy")
def test_whether_anybody_is_told_by_mail(settings) -> None:
    assert of("mail") == [("ok", "it@corp.example hear of what ends.", "")]
    now = timezone.now()
    ToldEnding.objects.create(thing="x", stage="7", claimed_until=now, last_error="SMTPDataError")
    [(verdict, says, _)] = of("mail")
    assert (verdict, says) == ("bad", "The last mail could not be sent (SMTPDataError).")
    for changes in ({"mail_server": None}, {"operator_email": ()}):
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, **changes)
        assert of("mail")[0][:2] == ("warn", "Nobody is told by mail what ends.")
