"""`manage.py drill`: what people see while Redis is away, and that nothing real is touched."""

import io
import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows import configure
from gateway.relying_parties.definition import Access, Definition
from gateway.relying_parties.models import RelyingParty
from providers.models import Provider

ROW = re.compile(r" *(-?[\d.]+) +(\d+|none) +\d+ ms  (.*)")


@pytest.fixture
def wiki(db, redis_url):
    wanted = Definition(
        slug="wiki",
        name="Wiki",
        origins=("https://wiki.corp.example",),
        access=(Access(path="/"),),
    )
    configure.save_relying_party(wanted, actor="operator", now=timezone.now())


def test_redis_goes_and_comes_back_and_nobody_is_signed_out(wiki, redis_url):
    from gateway import wiring

    out = io.StringIO()

    def kept():  # but for canaries, which every process keeps alive by itself
        return {key for key in wiring.redis_client().keys("*") if b"canar" not in key}

    before = kept()
    call_command("drill", "redis-down", stdout=out)
    rows = [found.groups() for line in out.getvalue().splitlines() if (found := ROW.match(line))]
    assert len(rows) == 5 * 4
    signed_in = [status for _, status, who in rows if who.startswith("somebody signed in")]
    programs = [status for _, status, who in rows if who.startswith("a program")]
    strangers = [status for _, status, who in rows if who.startswith("somebody new, at a page")]
    starting = [status for _, status, who in rows if "on her way" in who]
    assert signed_in == programs == ["200", "503", "503", "503", "200"]
    assert strangers == ["302"] * 5
    assert starting == ["302", "503", "503", "503", "302"]
    assert out.getvalue().endswith("who was signed in still is.\n")
    assert kept() == before


def test_without_such_an_app_there_is_no_drill(wiki):
    with pytest.raises(CommandError, match="there is no app 'nosuch'"):
        call_command("drill", "redis-down", "--app", "nosuch", stdout=io.StringIO())


def test_without_a_database_apps_go_on_and_the_gateway_says_why_it_does_not(wiki):
    out = io.StringIO()
    call_command("drill", "db-down", stdout=out)
    rows = [found.groups() for line in out.getvalue().splitlines() if (found := ROW.match(line))]
    assert [(status, who.partition(" -> ")[2]) for _, status, who in rows] == [
        ("200", ""),
        ("302", "https://wiki.corp.example/.gatehouse/start"),
        ("503", ""),
        ("503", ""),
        ("503", ""),
    ]


def test_of_each_provider_it_says_who_has_another_way_in(wiki):
    for slug, enabled in (("corp", True), ("okta", True), ("old", False)):
        Provider.objects.create(
            slug=slug, name=slug, protocol="oidc", dialect="plain", enabled=enabled
        )
    RelyingParty.objects.create(
        slug="vault", name="Vault", origins=["https://vault.example"], providers=["corp", "old"]
    )
    out = io.StringIO()
    call_command("drill", "provider-down", stdout=out)
    assert out.getvalue().splitlines()[:-1] == [
        "corp away, app vault: nobody can sign in anew",
        "corp away, app wiki: sign in through okta",
        "okta away, app wiki: sign in through corp",
    ]


def test_without_a_provider_there_is_nothing_to_miss(wiki):
    with pytest.raises(CommandError, match="no provider is switched on"):
        call_command("drill", "provider-down", stdout=io.StringIO())
