"""What a row was and what it became: by whom, and never with a secret."""

import json
from datetime import UTC, datetime

import pytest
from auditlog.models import LogEntry
from django.forms.models import model_to_dict

from gateway.flows import configure
from gateway.flows.configuration import WantedProvider, WantedRole
from gateway.flows.mapping import drafting, publishing
from gateway.relying_parties.definition import Access, Definition
from providers.models import Provider
from tests.gateway.pages.signed_in import role, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "a-secret-that-nobody-reads"


def wanted(**more: object) -> WantedProvider:
    settings = {"issuer": "https://id.corp.example", "client_id": "gatehouse"}
    made = {
        "slug": "corp-oidc",
        "name": "Corp",
        "protocol": "oidc",
        "dialect": "keycloak",
        "settings": settings,
        "secrets": {"client_secret": SECRET},
    }
    return WantedProvider(**(made | more))  # type: ignore[arg-type]


def told() -> list[tuple[str, str]]:
    """Which rows, and whose changes they were, oldest first."""
    return [
        (f"{entry.content_type.model}.{entry.get_action_display()}", entry.additional_data["actor"])
        for entry in LogEntry.objects.order_by("pk")
    ]


def changes() -> dict[str, list[str]]:
    return LogEntry.objects.order_by("pk").last().changes  # type: ignore[union-attr, return-value]


def test_each_step_of_the_configuration_says_what_changed_and_by_whom() -> None:
    dora = str(staff("dora").pk)
    configure.save_provider(wanted(), actor=dora, now=NOW)
    configure.save_provider(wanted(name="Corp EMEA"), actor="operator", now=NOW)
    assert told() == [("provider.create", dora), ("provider.update", "operator")]
    assert changes() == {"name": ["Corp", "Corp EMEA"]}
    first, second = LogEntry.objects.order_by("pk")
    assert (str(first.actor_id), second.actor_id) == (dora, None)
    configure.disable_provider("corp-oidc", end_sessions=False, last_too=True, actor=dora, now=NOW)
    assert changes() == {"enabled": ["True", "False"]}
    configure.save_role(WantedRole(name="deployer", label="Deployer"), actor=dora, now=NOW)
    draft = drafting.begin("March", actor=dora, now=NOW)
    rules = {
        "rules": [
            {"id": "eng", "when": {"claim": "groups", "equals": "/eng"}, "roles": ["deployer"]}
        ]
    }
    drafting.save(draft.pk, 1, rules, actor=dora, now=NOW)
    publishing.publish_draft(draft.pk, 2, "", actor=dora, now=NOW)
    assert told()[3:] == [
        ("roleinfo.create", dora),
        ("draft.create", dora),
        ("draft.update", dora),
        ("rulesetversion.create", dora),
        ("draft.update", dora),
    ]


def test_no_secret_is_in_any_entry_sealed_or_not() -> None:
    configure.save_provider(wanted(), actor="operator", now=NOW)
    configure.save_provider(
        wanted(secrets={"client_secret": f"{SECRET}-2"}), actor="operator", now=NOW
    )
    sealed = Provider.objects.get().sealed_secrets["client_secret"]
    written = json.dumps([model_to_dict(entry) for entry in LogEntry.objects.all()], default=str)
    assert "https://id.corp.example" in written
    assert SECRET not in written
    assert sealed not in written
    assert "sealed_secrets" not in written
    assert LogEntry.objects.count() == 1  # another secret is no difference to be read


def test_nobodys_address_and_no_content_of_rules_is_kept() -> None:
    dora = str(staff("dora").pk)
    role("deployer")
    drafting.begin(
        "March",
        {"rules": [{"id": "x", "when": {"claim": "n", "equals": "Ada"}, "roles": ["deployer"]}]},
        actor=dora,
        now=NOW,
    )
    entry = LogEntry.objects.order_by("pk").last()
    assert entry is not None
    assert (entry.remote_addr, entry.remote_port) == (None, None)
    assert "Ada" not in json.dumps(entry.changes)


def test_a_flow_within_a_flow_and_one_after_it_keep_their_own_actors() -> None:
    definition = Definition(
        slug="wiki",
        name="Wiki",
        origins=("https://wiki.corp.example",),
        access=(Access(path="/"),),
    )
    configure.save_relying_party(definition, actor="first", now=NOW)
    configure.save_provider(wanted(), actor="second", now=NOW)
    Provider.objects.get().save()
    provider = Provider.objects.get()
    provider.name = "By nobody"
    provider.save()
    assert [entry.additional_data for entry in LogEntry.objects.order_by("pk")] == [
        {"actor": "first"},
        {"actor": "second"},
        None,
    ]
