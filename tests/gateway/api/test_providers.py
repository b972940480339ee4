"""Providers over the API: everything through the same flow as files and forms, every fault by its
field, and no secret ever comes back.
"""

import pytest

from gateway.api_tokens.models import ApiToken
from gateway.audit.models import AuditEvent
from providers.models import Provider
from tests.gateway.api.programs import CORP, PROVIDERS, corp, faults, program

pytestmark = pytest.mark.usefixtures("db", "redis_url")
ONE = f"{PROVIDERS}/corp"


def test_a_program_makes_a_provider_and_reads_it_back_without_its_secret() -> None:
    asked = program()
    made = asked.send("POST", PROVIDERS, CORP)
    assert made.status_code == 201, made.content
    row = Provider.objects.get()
    assert row.secret("client_secret") == "correct horse battery"
    read = asked.get(ONE)
    assert read.json() == made.json()
    assert read["ETag"] == made["ETag"]
    assert read["Cache-Control"] == "no-store"
    assert read.json()["secrets_set"] == ["client_secret"]
    assert b"correct horse" not in read.content + made.content
    assert row.sealed_secrets["client_secret"].encode() not in read.content
    event = AuditEvent.objects.get(event="provider.configured")
    assert event.actor == ApiToken.objects.get().actor


def test_what_to_enter_at_the_provider_is_part_of_it() -> None:
    corp()
    assert program().get(ONE).json()["register"] == {
        "redirect_uri": "http://gateway.corp.localhost:8000/oidc/corp/callback",
        "post_logout_redirect_uri": "http://gateway.corp.localhost:8000/oidc/corp/signed-out",
        "backchannel_logout_uri": (
            "http://gateway.corp.localhost:8000/oidc/corp/backchannel-logout"
        ),
        "frontchannel_logout_uri": (
            "http://gateway.corp.localhost:8000/oidc/corp/frontchannel-logout"
        ),
        "jwks_uri": "http://gateway.corp.localhost:8000/oidc/corp/jwks.json",
    }


def test_the_same_slug_a_second_time_is_a_conflict_and_changes_nothing() -> None:
    corp()
    answer = program().send("POST", PROVIDERS, CORP | {"name": "Mine now"})
    assert (answer.status_code, answer.json()["code"]) == (409, "configuration.exists")
    assert Provider.objects.get().name == "Corp"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"enabled": "yes"}, "enabled"),
        ({"slug": "a b"}, "slug"),
        ({"protocol": "ldap"}, "protocol"),
        ({"dialect": "latin"}, "dialect"),
        ({"link_policy": "always"}, "link_policy"),
        ({"email_domains": ["not a domain"]}, "email_domains.0"),
        ({"email_domains": "corp.example"}, "email_domains"),
        ({"profile": []}, "profile"),
        ({"profile": {"shoe_size": {}}}, "profile.shoe_size"),
        ({"profile": {"title": {"take": "sometimes"}}}, "profile.title.take"),
        ({"precedence": -1}, "precedence"),
        ({"nonsense": 1}, "nonsense"),
        ({"settings": []}, "settings"),
        ({"settings": {"client_id": "a"}}, "settings.issuer"),
        ({"settings": CORP["settings"] | {"nonsense": 1}}, "settings.nonsense"),
        ({"settings": CORP["settings"] | {"max_age": -1}}, "settings.max_age"),
        ({"settings": CORP["settings"] | {"max_age": 1.5}}, "settings.max_age"),
        ({"secrets": {}}, "secrets.client_secret"),
        ({"secrets": {"client_secret": ""}}, "secrets.client_secret"),
        ({"secrets": {"client_secret": "a", "nonsense": "b"}}, "secrets.nonsense"),
        ({"metadata": {}}, "metadata"),
        ({"metadata": {"url": "https://a.example", "nonsense": 1}}, "metadata.nonsense"),
        ({"metadata": {"document": "<a/>"}}, "metadata"),
        ({"metadata": {"document": "<a/>", "anchors": ["x"]}}, "metadata"),
        ({"metadata": {"url": "https://a.example", "allowed_networks": ["x"]}}, "metadata"),
    ],
)
def test_what_cannot_be_kept_is_told_by_its_field_and_nothing_is(
    said: dict[str, object], field: str
) -> None:
    assert list(faults(program().send("POST", PROVIDERS, CORP | said))) == [field]
    assert not Provider.objects.exists()
    assert not AuditEvent.objects.filter(event="provider.configured").exists()


def test_all_faults_are_told_at_once() -> None:
    found = faults(program().send("POST", PROVIDERS, {"name": "", "nonsense": 1, "metadata": 2}))
    assert set(found) == {"slug", "name", "protocol", "nonsense", "metadata"}


def test_what_stands_there_is_replaced_by_whoever_has_read_it() -> None:
    corp(link_policy="verified-email", email_domains=["corp.example"])
    asked = program()
    read = asked.get(ONE)
    said = read.json() | {"name": "The corporation", "enabled": False}
    answer = asked.send("PUT", ONE, said, If_Match=read["ETag"])
    assert answer.status_code == 200, answer.content
    assert answer["ETag"] != read["ETag"]
    row = Provider.objects.get()
    assert (row.name, row.enabled) == ("The corporation", False)
    assert row.secret("client_secret") == "correct horse battery"  # it was not named
    assert row.email_domains == ["corp.example"]


def test_a_replacement_says_everything() -> None:
    corp(link_policy="verified-email", email_domains=["corp.example"], dialect="keycloak")
    said = {name: CORP[name] for name in ("name", "protocol", "settings")}
    assert program().send("PUT", ONE, said, If_Match="*").status_code == 200
    row = Provider.objects.get()
    assert (row.link_policy, row.email_domains, row.dialect) == ("never", [], "plain")


def test_a_change_says_one_thing_and_null_takes_a_setting_away() -> None:
    corp(settings=CORP["settings"] | {"max_age": 60, "par": True})
    asked = program()
    answer = asked.send("PATCH", ONE, {"enabled": False}, If_Match=asked.get(ONE)["ETag"])
    assert answer.status_code == 200, answer.content
    said = {"settings": {"max_age": None, "client_id": "gh"}}
    assert asked.send("PATCH", ONE, said, If_Match=answer["ETag"]).status_code == 200
    row = Provider.objects.get()
    assert not row.enabled
    assert row.settings == CORP["settings"] | {"client_id": "gh", "par": True}


def test_a_secret_is_replaced_and_taken_away() -> None:
    corp()
    asked = program()
    said = {"secrets": {"client_secret": "another"}}
    assert asked.send("PATCH", ONE, said, If_Match="*").status_code == 200
    assert Provider.objects.get().secret("client_secret") == "another"
    said = {
        "settings": {"token_endpoint_auth_method": "private_key_jwt"},
        "secrets": {"client_secret": None},
    }
    answer = asked.send("PATCH", ONE, said, If_Match="*")
    assert answer.json()["secrets_set"] == ["private_key"]  # made by the gateway itself
    gone = {"secrets": {"client_secret": None}, "settings": {"token_endpoint_auth_method": None}}
    assert faults(asked.send("PATCH", ONE, gone, If_Match="*")).keys() == {"secrets.client_secret"}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_two_admins_never_overwrite_each_other_unawares(method: str) -> None:
    corp()
    asked = program()
    read = asked.get(ONE)
    said = {name: CORP[name] for name in ("name", "protocol", "settings")}
    first = asked.send(method, ONE, said | {"name": "First"}, If_Match=read["ETag"])
    assert first.status_code == 200
    for stale in (read["ETag"], f"W/{first['ETag']}", "", "nonsense", '""'):
        second = asked.send(method, ONE, said | {"name": "Second"}, If_Match=stale)
        assert (second.status_code, second.json()["code"]) == (412, "change.stale")
    blind = asked.send(method, ONE, said | {"name": "Second"})
    assert (blind.status_code, blind.json()["code"]) == (428, "change.unconditional")
    assert Provider.objects.get().name == "First"
    one_of = f'"other", {first["ETag"]}'
    assert asked.send(method, ONE, said | {"name": "Third"}, If_Match=one_of).status_code == 200


def test_a_provider_keeps_its_slug() -> None:
    corp()
    answer = program().send("PATCH", ONE, {"slug": "other"}, If_Match="*")
    assert faults(answer) == {"slug": "cannot be changed"}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_one_that_is_not_there_is_not_found(method: str) -> None:
    said = {name: CORP[name] for name in ("name", "protocol", "settings")}
    answer = program().send(method, ONE, said, If_Match="*")
    assert (answer.status_code, answer.json()["code"]) == (404, "provider.unknown")


def test_a_dry_run_says_in_words_what_would_change_and_changes_nothing() -> None:
    asked = program()
    answer = asked.send("POST", f"{PROVIDERS}?dry_run=1", CORP)
    assert (answer.status_code, answer.json()) == (
        200,
        {"made": True, "changes": ["+ provider corp"]},
    )
    assert not Provider.objects.exists()
    corp()
    before = asked.get(ONE)
    said = {"settings": {"client_id": "gh"}, "secrets": {"client_secret": "another"}}
    answer = asked.send("PATCH", f"{ONE}?dry_run=true", said, If_Match="*")
    assert answer.json() == {
        "made": False,
        "changes": [
            '~ provider corp: settings.client_id: "gatehouse" -> "gh"',
            "~ provider corp: secrets.client_secret (not shown)",
        ],
    }
    assert asked.get(ONE)["ETag"] == before["ETag"]
    assert Provider.objects.get().secret("client_secret") == "correct horse battery"
    assert not AuditEvent.objects.filter(event="provider.configured").exists()


def test_a_dry_run_finds_the_same_faults() -> None:
    found = faults(program().send("POST", f"{PROVIDERS}?dry_run=1", CORP | {"slug": "a b"}))
    assert "slug" in found
