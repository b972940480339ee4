"""A bad file: every fault at once, each with its line, its field and what to write."""

import pytest

from tests.gateway.apply.conftest import CORP

APP = "relying_parties:\n  - slug: wiki\n    name: Wiki\n    origins: [{}]\n    access: {}\n"


def test_faults_of_all_kinds_and_files_are_told_together(operator):
    first = (
        "providers:\n"
        "  - slug: corp-oidc\n"
        "    name: Corp\n"
        "    protocol: oidc\n"
        "    settings: {issuer: nonsense, client_id: gatehouse}\n"
        "    secrets: {client_secret: env:NOT_SET}\n"
        "  - slug: Corp SAML\n"
        "    name: Corp\n"
        "    protocol: ldap\n"
        "    settings: {}\n"
        "rules:\n"
        "  - {id: a, roles: [deployer], when: {claim: groups, globb: x}}\n"
        "  - {id: b, roles: [deployer], when: {}}\n"
        "surprise: 1\n"
    )
    second = APP.format("https://*.corp.example", "[{path: /, roles: [nobody]}]")
    told = operator.faults(first, second)
    assert [fault.split(" ")[:2] for fault in told] == [
        ["6", "providers.0.secrets.client_secret"],
        ["7", "providers.1.slug"],
        ["9", "providers.1.protocol"],
        ["12", "rules.0.when.globb"],
        ["13", "rules.1.when.claim"],
        ["14", "surprise"],
        ["4", "relying_parties.0.origins.0"],
        ["5", "relying_parties.0.access.0.roles"],
    ]


def test_a_setting_that_a_connector_refuses_names_its_line(operator):
    (fault,) = operator.faults(CORP.replace("https://id.corp.example/realms/corp", "nonsense"))
    assert fault.startswith("16 providers.0.settings.issuer must be")


def test_a_setting_that_is_missing_points_at_the_nearest_line(operator):
    (fault,) = operator.faults(CORP.replace("      client_id: gatehouse\n", ""))
    assert fault.startswith("9 providers.0.client_id is missing")


def test_a_secret_that_is_written_out_is_refused_and_not_repeated(operator):
    (fault,) = operator.faults(CORP.replace("env:CORP_SECRET", "hunter2-hunter2"))
    assert fault.startswith("19 providers.0.secrets.client_secret is written out")
    assert "hunter2" not in fault


@pytest.mark.parametrize("reference", ["env:NOT_SET", "env:", "file:none.txt", "file:", "file:/"])
def test_a_reference_that_leads_nowhere_is_a_fault(operator, reference):
    (fault,) = operator.faults(CORP.replace("env:CORP_SECRET", f'"{reference}"'))
    assert "refers to" in fault


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ("name: [Wiki]", "relying_parties.0.name"),
        ("name: Wiki\n    enabled: 1", "relying_parties.0.enabled"),
        ("name: Wiki\n    shares: name", "relying_parties.0.shares"),
        ("name: Wiki\n    shares: [1]", "relying_parties.0.shares"),
        ("name: Wiki\n    shares: [shoe-size]", "relying_parties.0.shares"),
        ("name: Wiki\n    colour: red", "relying_parties.0.colour"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_fault(operator, wrong, field):
    text = APP.format("https://wiki.corp.example", "[{path: /}]").replace("name: Wiki", wrong)
    (fault,) = operator.faults(text)
    assert fault.split(" ")[1] == field


@pytest.mark.parametrize("section", ["roles: {}", "roles: [deployer]", "providers: x"])
def test_a_section_of_the_wrong_kind_is_a_fault(operator, section):
    assert operator.faults(section)


@pytest.mark.parametrize(
    "access",
    [
        "[]",
        "[{path: /deploy}]",
        "[{path: /}, {path: /a/../b}]",
        "[{path: /}, {path: '/a%2fb'}]",
        "[{path: /}, {path: a}]",
        "[{path: /}, {path: /a}, {path: /a/}]",
        "[{path: /, exact: true}]",
        "[{path: /}, {path: /a, exact: true}, {path: /a, exact: true}]",
        "[{path: /}, {path: /a/../b, exact: true}]",
        "[{path: /, public: true, roles: [deployer]}]",
    ],
)
def test_access_that_could_be_read_in_two_ways_is_a_fault(operator, access):
    operator.apply("roles:\n  - {name: deployer, label: Deployer}\n")
    (fault,) = operator.faults(APP.format("https://wiki.corp.example", access))
    assert "relying_parties.0.access" in fault


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("acr: gold", "acr"),
        ("acr: ['a b']", "acr"),
        ("acr: [a\\\\b]", "acr"),
        ("acr: [a, b, c, d, e, f, g, h, i, j, k]", "acr"),
        (f"acr: [{', '.join(letter * 150 for letter in 'abcdefg')}]", "acr"),
        ("amr: [mfa, é]", "amr"),
        ("amr: ['']", "amr"),
        ("max_age_minutes: 0", "max_age_minutes"),
        ("max_age_minutes: -5", "max_age_minutes"),
        ("max_age_minutes: '5'", "max_age_minutes"),
        ("max_age_minutes: true", "max_age_minutes"),
        ("max_age_minutes: 5.5", "max_age_minutes"),
        ("max_age_minutes: 9999999", "max_age_minutes"),
        ("client_certificates: [abc]", "client_certificates"),
        ("max_age: 5", "max_age"),
        ("exact: 'yes'", "exact"),
        ("preflight: 'yes'", "preflight"),
        ("away_seconds: 301", "away_seconds"),
        ("away_seconds: -1", "away_seconds"),
        ("away_seconds: '5'", "away_seconds"),
        ("away_seconds: true", "away_seconds"),
        ("public: true, max_age_minutes: 5", "public"),
        ("public: true, acr: [gold]", "public"),
        ("public: true, amr: [mfa]", "public"),
        ("public: true, client_certificates: ['" + "ab" * 32 + "']", "public"),
    ],
)
def test_a_demand_that_nobody_could_meet_or_read_is_a_fault(operator, more, place):
    (fault,) = operator.faults(APP.format("https://wiki.corp.example", f"[{{path: /, {more}}}]"))
    assert f"relying_parties.0.access.0.{place} " in fault


@pytest.mark.parametrize(
    ("session", "place"),
    [
        ("{lifetime_minutes: 0}", "session.lifetime_minutes"),
        ("{idle_minutes: -1}", "session.idle_minutes"),
        ("{idle_minutes: soon}", "session.idle_minutes"),
        ("{idle: 5}", "session.idle"),
        ("[5]", "session"),
    ],
)
def test_a_life_of_a_session_that_cannot_be_is_a_fault(operator, session, place):
    declared = APP.format("https://wiki.corp.example", "[{path: /}]")
    (fault,) = operator.faults(f"{declared}    session: {session}\n")
    assert f"relying_parties.0.{place} " in fault


@pytest.mark.parametrize(
    "origin",
    [
        "https://*.corp.example",
        "http://wiki.corp.example",
        "https://wiki.corp.example/path",
        "http://gateway.corp.localhost:8000",
    ],
)
def test_an_address_that_cannot_be_an_app_is_a_fault(operator, origin):
    (fault,) = operator.faults(APP.format(f'"{origin}"', "[{path: /}]"))
    assert fault.split(" ")[1] == "relying_parties.0.origins.0"


def test_an_address_belongs_to_one_app(operator):
    operator.apply(APP.format("https://wiki.corp.example", "[{path: /}]"))
    other = APP.format("https://WIKI.corp.example:443", "[{path: /}]").replace(
        "slug: wiki", "slug: w2"
    )
    (fault,) = operator.faults(other)
    assert "belongs to wiki already" in fault


def test_a_thing_that_is_declared_twice_names_both_places(operator):
    one = "roles:\n  - {name: deployer, label: Deployer}\n"
    (fault,) = operator.faults(one, f"# a comment\n{one}")
    assert fault.startswith("3 roles.0.name is declared already at ")
    assert fault.endswith("0.yaml:2")


def test_two_rules_of_one_name_are_a_fault_over_files(operator):
    rule = "rules:\n  - {id: deployers, roles: [deployer], when: {claim: email, present: true}}\n"
    role = "roles:\n  - {name: deployer, label: Deployer}\n"
    (fault,) = operator.faults(role, rule, f"# a comment\n{rule}")
    assert fault.startswith("3 rules.0.id ")


def test_a_rule_for_a_role_that_does_not_exist_is_a_fault(operator):
    (fault,) = operator.faults(CORP.replace("roles: [deployer]\n", "roles: [deployers]\n"))
    assert fault.startswith("22 rules.0.roles.0 there is no role 'deployers'")


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ("default_roles: [a]", "1 default_roles "),
        ("default_roles:\n  corp-oidc: nobody", "2 default_roles.corp-oidc there is no role"),
        ("default_roles:\n  corp-oidc: [a]", "2 default_roles.corp-oidc is a list"),
        ("exclusive_roles: deployer", "1 exclusive_roles "),
        ("exclusive_roles:\n  - [deployer]", "2 exclusive_roles.0 must be a list of 2"),
        ("exclusive_roles:\n  - [deployer, nobody]", "2 exclusive_roles.0.1 there is no role"),
    ],
)
def test_roles_that_cannot_be_exclusive_or_default_are_a_fault(operator, section, place):
    faults = operator.faults("roles:\n  - {name: deployer, label: Deployer}\n", f"{section}\n")
    assert [fault for fault in faults if fault.startswith(place)], faults


def test_a_provider_with_a_default_role_in_two_files_is_a_fault(operator):
    role = "roles:\n  - {name: deployer, label: Deployer}\n"
    one = "default_roles: {corp-oidc: deployer}\n"
    (fault,) = operator.faults(role, one, f"# a comment\n{one}")
    assert fault.startswith("2 default_roles.corp-oidc is declared already")


@pytest.mark.parametrize("name", ["admin.fly", "nowhere.*", "view_account", "*"])
def test_a_permission_that_does_not_exist_is_a_fault(operator, name):
    (fault,) = operator.faults(CORP.replace("audit.view_auditevent", f'"{name}"'))
    assert "permissions.0" in fault


@pytest.mark.parametrize("name", ["a,b", "", "a b", "-a", "ä"])
def test_a_role_that_could_not_travel_in_a_header_is_a_fault(operator, name):
    (fault,) = operator.faults(f"roles:\n  - {{name: {name!r}, label: A}}\n")
    assert fault.startswith("2 roles.0.name ")


@pytest.mark.parametrize(
    "domains", ["[]", "['*.example']", "['CORP.example']", "['@corp.example']"]
)
def test_linking_by_mail_needs_plain_domains(operator, domains):
    (fault,) = operator.faults(CORP.replace("[corp.example]", domains))
    assert "email_domains" in fault
