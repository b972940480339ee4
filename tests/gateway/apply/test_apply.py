"""Files become rows: all of them or nothing, and a second time nothing."""

from django.contrib.auth.models import Group
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import provider_keys
from gateway.relying_parties.models import OutboxMessage, RelyingParty
from mapping.models import RuleSetVersion, active
from providers.models import Provider
from provisioning.models import RoleInfo
from tests.gateway.apply.conftest import CORP


def everything():
    """All that an apply may write, as it is now."""
    return [
        *Provider.objects.values_list(),
        *RelyingParty.objects.values_list(),
        *RuleSetVersion.objects.values_list(),
        *RoleInfo.objects.values_list(),
        *Group.objects.values_list("name", "permissions"),
        *AuditEvent.objects.values_list("id"),
        *OutboxMessage.objects.values_list("id"),
    ]


def test_what_a_file_declares_is_there_afterwards(operator):
    words = operator.apply(CORP)
    assert [line[:20] for line in words] == [
        "+ role deployer",
        "+ role gatehouse-adm",
        "+ provider corp-oidc",
        "~ rules: deployers: ",
        "+ relying party wiki",
    ]
    corp = Provider.objects.get(slug="corp-oidc")
    assert corp.secret("client_secret") == "a secret of the company"
    assert corp.email_domains == ["corp.example"]
    assert active().version == 1
    assert RoleInfo.objects.get(role__name="deployer").whom_to_ask == "platform@corp.example"
    wiki = RelyingParty.objects.get(slug="wiki")
    assert wiki.origins == ["http://wiki.corp.localhost:8000"]
    assert [access["path"] for access in wiki.access] == ["/", "/deploy", "/assets"]
    permissions = Group.objects.get(name="gatehouse-admin").permissions
    assert permissions.filter(codename="view_auditevent").exists()
    assert permissions.filter(content_type__app_label="relying_parties").count() >= 8


def test_what_an_app_demands_of_a_sign_in_is_kept_and_a_second_time_nothing(operator):
    colons = ":".join(["AB"] * 32)
    declared = (
        "relying_parties:\n"
        "  - slug: vault\n"
        "    name: Vault\n"
        "    origins: [https://vault.corp.example]\n"
        "    access:\n"
        "      - {path: /}\n"
        "      - {path: /keys/, acr: [gold, '2'], amr: [mfa], max_age_minutes: 5,\n"
        f"         client_certificates: ['{colons}']}}\n"
        "      - {path: /keys/, exact: true, public: true}\n"
        "      - {path: /api, preflight: true, away_seconds: 60}\n"
        "    session: {lifetime_minutes: 480, idle_minutes: 30}\n"
    )
    operator.apply(declared)
    vault = RelyingParty.objects.get()
    assert (vault.session_lifetime_minutes, vault.session_idle_minutes) == (480, 30)
    assert vault.access == [
        {"path": "/", "roles": [], "public": False},
        {
            "path": "/keys",
            "roles": [],
            "public": False,
            "acr": ["gold", "2"],
            "amr": ["mfa"],
            "max_age_minutes": 5,
            "client_certificates": ["ab" * 32],
        },
        {"path": "/keys/", "roles": [], "public": True, "exact": True},
        {"path": "/api", "roles": [], "public": False, "preflight": True, "away_seconds": 60},
    ]
    assert operator.apply(declared) == ()


def test_each_thing_is_on_record_and_the_edge_will_hear(operator):
    operator.apply(CORP)
    events = set(AuditEvent.objects.values_list("event", "actor"))
    assert events == {
        ("role.configured", "operator"),
        ("provider.configured", "operator"),
        ("rules.published", "operator"),
        ("relying-party.configured", "operator"),
    }
    assert set(OutboxMessage.objects.values_list("kind", flat=True)) == {"routes.publish"}


def test_no_secret_is_on_record(operator):
    operator.apply(CORP)
    assert "a secret of the company" not in str(list(AuditEvent.objects.values()))


def test_a_second_run_changes_nothing_at_all(operator):
    operator.apply(CORP)
    before = everything()
    assert operator.apply(CORP) == ()
    assert everything() == before


def test_a_check_says_what_would_change_and_changes_nothing(operator):
    before = everything()
    assert "+ provider corp-oidc" in operator.check(CORP)
    assert everything() == before
    operator.apply(CORP)
    assert operator.check(CORP) == ()


def test_a_check_tells_exactly_what_the_run_tells(operator):
    operator.apply(CORP)
    changed = CORP.replace("name: Wiki", "name: The wiki").replace(
        "client_id: gatehouse", "client_id: gh"
    )
    words = operator.check(changed)
    assert words == (
        '~ provider corp-oidc: settings.client_id: "gatehouse" -> "gh"',
        '~ relying party wiki: name: "Wiki" -> "The wiki"',
    )
    assert operator.apply(changed) == words
    assert RelyingParty.objects.get(slug="wiki").name == "The wiki"


def test_a_changed_secret_is_told_and_never_shown(operator):
    operator.apply(CORP)
    operator.variables["CORP_SECRET"] = "another secret"
    assert operator.apply(CORP) == ("~ provider corp-oidc: secrets.client_secret (not shown)",)
    assert Provider.objects.get(slug="corp-oidc").secret("client_secret") == "another secret"
    assert operator.apply(CORP) == ()


BY_KEY = CORP.replace(
    "      client_id: gatehouse",
    "      client_id: gatehouse\n      token_endpoint_auth_method: private_key_jwt",
).replace("    secrets:\n      client_secret: env:CORP_SECRET\n", "")


def test_a_secret_that_a_file_no_longer_names_is_taken_away(operator):
    operator.apply(CORP)
    assert "~ provider corp-oidc: secrets.client_secret (not shown)" in operator.apply(BY_KEY)
    assert set(Provider.objects.get(slug="corp-oidc").sealed_secrets) == {"private_key"}


def test_a_key_that_the_gateway_made_is_in_no_file_and_stays(operator):
    operator.apply(BY_KEY)
    made = Provider.objects.get(slug="corp-oidc").secret("private_key")
    assert operator.apply(BY_KEY) == ()
    assert operator.check(BY_KEY) == ()
    provider_keys.publish_next("corp-oidc", now=timezone.now())
    assert operator.apply(BY_KEY) == ()
    kept = Provider.objects.get(slug="corp-oidc")
    assert kept.secret("private_key") == made
    assert "next_private_key" in kept.sealed_secrets


def test_a_secret_may_stand_in_a_file_beside(operator):
    operator.file("from a file\n", "secret.txt")
    operator.apply(CORP.replace("env:CORP_SECRET", "file:secret.txt"))
    assert Provider.objects.get(slug="corp-oidc").secret("client_secret") == "from a file"


def test_changed_rules_are_the_next_version_and_the_same_rules_are_none(operator):
    operator.apply(CORP)
    reordered = CORP.replace(
        'when: {claim: groups, glob: "/engineering/*"}',
        'when: {glob: "/engineering/*", claim: groups}',
    )
    assert operator.apply(reordered) == ()
    assert active().version == 1
    operator.apply(CORP.replace("/engineering/*", "/platform/*"))
    assert active().version == 2
    published = AuditEvent.objects.filter(event="rules.published").first()
    assert published.detail["edited"] == ["deployers"]


def test_rules_of_several_files_are_all_the_rules(operator):
    operator.apply(CORP)
    more = "rules:\n  - {id: everybody, roles: [deployer], when: {claim: email, present: true}}\n"
    operator.apply(CORP, more)
    assert [rule.id for rule in active().rules] == ["deployers", "everybody"]
    operator.apply(more)
    assert [rule.id for rule in active().rules] == ["everybody"]


def test_a_file_without_the_section_leaves_the_rules_alone(operator):
    operator.apply(CORP)
    operator.apply("roles:\n  - {name: payroll, label: Payroll}\n")
    assert active().version == 1


def test_an_empty_section_takes_all_rules_away(operator):
    operator.apply(CORP)
    operator.apply("rules: []\n")
    assert active().rules == ()


def test_exclusive_and_default_roles_are_sections_beside_the_rules(operator):
    operator.apply(CORP, "roles:\n  - {name: reader, label: Reader}\n")
    operator.apply(
        "exclusive_roles:\n  - [deployer, reader]\n", "default_roles: {corp-oidc: reader}\n"
    )
    rules = active()
    assert [rule.id for rule in rules.rules] == ["deployers"]
    assert (rules.exclusive, rules.defaults) == (
        (("deployer", "reader"),),
        (("corp-oidc", "reader"),),
    )
    published = AuditEvent.objects.filter(event="rules.published").first()
    assert published.detail["gained"] == ["default role of corp-oidc", "exclusive roles"]


def test_what_a_file_does_not_name_stays(operator):
    operator.apply(CORP)
    assert operator.apply("roles:\n  - {name: payroll, label: Payroll}\n") == ("+ role payroll",)
    assert Provider.objects.filter(slug="corp-oidc", enabled=True).exists()


def test_a_thing_is_switched_off_and_not_forgotten(operator):
    operator.apply(CORP)
    operator.apply(CORP.replace("name: Wiki", "name: Wiki\n    enabled: false"))
    assert RelyingParty.objects.get(slug="wiki").enabled is False


def test_nothing_of_any_file_is_applied_when_one_is_wrong(operator):
    before = everything()
    wrong = "relying_parties:\n  - {slug: payroll, name: Payroll}\n"
    assert operator.faults(CORP, wrong)
    assert everything() == before
