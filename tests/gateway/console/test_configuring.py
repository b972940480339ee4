"""Providers, apps, roles and rules: forms that save by a flow, and show what it refuses."""

import json

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.relying_parties.models import OutboxMessage, RelyingParty
from mapping import models as mapping_models
from providers.models import Provider
from provisioning.models import RoleInfo
from tests.gateway.pages.signed_in import account, browser_of, role, staff, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

PROVIDERS, APPS = "/admin/providers/provider/", "/admin/relying_parties/relyingparty/"
RULES, ROLES = "/admin/mapping/rulesetversion/", "/admin/provisioning/roleinfo/"
SECRET = "a-very-secret-secret-of-corp"
OIDC = {
    "slug": "corp-oidc",
    "name": "Corp",
    "protocol": "oidc",
    "dialect": "keycloak",
    "enabled": "on",
    "link_policy": "never",
    "newcomers": "created",
    "email_domains": "",
    "settings": json.dumps({"issuer": "https://idp.corp.example", "client_id": "gatehouse"}),
    "secrets_client_secret": SECRET,
}
WIKI = {
    "slug": "wiki",
    "name": "Wiki",
    "enabled": "on",
    "origins": "https://wiki.corp.example\n",
    "access": json.dumps([{"path": "/", "roles": ["deployer"], "public": False}]),
    "shares": ["name", "roles"],
    "contact": "ada@corp.example",
}
RULE = {"id": "deployers", "roles": ["deployer"], "when": {"claim": "groups", "glob": "/eng/*"}}


def faults(answer) -> str:
    assert answer.status_code == 200, "it was kept"
    return " ".join(str(answer.context["adminform"].form.errors).split())


def test_a_provider_is_kept_by_the_flow_with_its_audit_row() -> None:
    dora = staff()
    answer = browser_of(dora).post(f"{PROVIDERS}add/", OIDC)
    assert answer.status_code == 302, faults(answer)
    assert Provider.objects.get(slug="corp-oidc").secret("client_secret") == SECRET
    event = AuditEvent.objects.get(event="provider.configured")
    assert event.actor == str(dora.pk)


def test_a_secret_goes_in_and_never_comes_out() -> None:
    client = browser_of(staff())
    client.post(f"{PROVIDERS}add/", OIDC)
    row = Provider.objects.get()
    refused = client.post(f"{PROVIDERS}add/", OIDC | {"settings": "no json"})
    pages = [
        client.get(f"{PROVIDERS}{row.pk}/change/"),
        client.get(PROVIDERS),
        client.get(f"{PROVIDERS}{row.pk}/history/"),
        client.get(f"{PROVIDERS}?q={SECRET}"),
        refused,
    ]
    sealed = row.sealed_secrets["client_secret"]
    for page in pages[:3] + pages[4:]:
        assert SECRET not in page.content.decode()
        assert sealed not in page.content.decode()
    assert "It is set and never shown." in pages[0].content.decode()


def test_a_key_that_the_settings_need_is_made_by_the_gateway_when_they_are_saved() -> None:
    settings = {
        "issuer": "https://idp.corp.example",
        "client_id": "gatehouse",
        "token_endpoint_auth_method": "private_key_jwt",
    }
    changed = {"settings": json.dumps(settings), "secrets_client_secret": ""}
    client = browser_of(staff())
    answer = client.post(f"{PROVIDERS}add/", OIDC | changed)
    assert answer.status_code == 302, faults(answer)
    row = Provider.objects.get()
    made = row.secret("private_key")
    assert set(row.sealed_secrets) == {"private_key"}
    client.post(f"{PROVIDERS}{row.pk}/change/", OIDC | changed | {"name": "Corp again"})
    row.refresh_from_db()
    assert (row.name, row.secret("private_key")) == ("Corp again", made)


def test_a_provider_that_may_encrypt_badly_says_so_on_its_page() -> None:
    client = browser_of(staff())
    client.post(f"{PROVIDERS}add/", OIDC)
    row = Provider.objects.get()
    warned = [client.get(f"{PROVIDERS}{row.pk}/change/").content.decode()]
    row.settings |= {"allow_cbc": True}
    row.save()
    warned.append(client.get(f"{PROVIDERS}{row.pk}/change/").content.decode())
    assert ["does not protect what it encrypts" in page for page in warned] == [False, True]


def test_a_provider_is_asked_for_the_secrets_of_its_own_protocol_alone() -> None:
    client = browser_of(staff())
    client.post(f"{PROVIDERS}add/", OIDC)
    page = client.get(f"{PROVIDERS}{Provider.objects.get().pk}/change/").content.decode()
    assert "secrets_client_secret" in page
    assert "secrets_sp_private_key" not in page


def test_a_secret_left_empty_stays_as_it_is() -> None:
    client = browser_of(staff())
    client.post(f"{PROVIDERS}add/", OIDC)
    row = Provider.objects.get()
    changed = OIDC | {"secrets_client_secret": "", "name": "Corp again"}
    assert client.post(f"{PROVIDERS}{row.pk}/change/", changed).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.secret("client_secret")) == ("Corp again", SECRET)


def test_the_slug_of_a_provider_stays_whatever_is_sent() -> None:
    client = browser_of(staff())
    client.post(f"{PROVIDERS}add/", OIDC)
    row = Provider.objects.get()
    client.post(f"{PROVIDERS}{row.pk}/change/", OIDC | {"slug": "other"})
    assert [provider.slug for provider in Provider.objects.all()] == ["corp-oidc"]


def test_what_the_flow_refuses_stands_beside_its_field_and_nothing_is_kept() -> None:
    answer = browser_of(staff()).post(
        f"{PROVIDERS}add/", OIDC | {"settings": json.dumps({"issuer": "https://idp.corp.example"})}
    )
    assert "client_id" in faults(answer)
    assert "settings" in answer.context["adminform"].form.errors
    assert Provider.objects.count() == 0


def test_which_attributes_sign_ins_take_is_said_on_the_provider_s_page() -> None:
    asked = browser_of(staff())
    wrong = OIDC | {"profile": '{"title": {"take": "sometimes"}}', "precedence": "5"}
    assert "title.take" in faults(asked.post(f"{PROVIDERS}add/", wrong))
    right = OIDC | {"profile": '{"title": {"claim": "job"}}', "precedence": "5"}
    asked.post(f"{PROVIDERS}add/", right)
    row = Provider.objects.get()
    assert (row.profile, row.precedence) == ({"title": {"claim": "job"}}, 5)
    page = asked.get(f"{PROVIDERS}{row.pk}/change/").content.decode()
    assert "job" in page


@pytest.mark.parametrize("text", ["{", "[" * 50_000, '"\\ud800"', "nul", ""])
def test_settings_that_are_no_json_are_refused_not_fatal(text: str) -> None:
    answer = browser_of(staff()).post(f"{PROVIDERS}add/", OIDC | {"settings": text})
    assert "settings" in faults(answer)


def test_an_app_is_kept_and_the_edge_will_hear_of_it() -> None:
    role("deployer")
    answer = browser_of(staff()).post(f"{APPS}add/", WIKI)
    assert answer.status_code == 302, faults(answer)
    wiki = RelyingParty.objects.get()
    assert wiki.origins == ["https://wiki.corp.example"]
    assert wiki.shares == ["name", "roles"]
    assert OutboxMessage.objects.filter(kind="routes.publish").exists()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("origins", "https://*.corp.example"),
        ("origins", "http://gateway.corp.localhost:8000"),
        ("access", '[{"path": "/", "roles": ["nobody-knows"]}]'),
        ("access", '[{"path": "/", "rolez": []}]'),
        ("access", '[{"path": "/", "public": "yes"}]'),
        ("access", '{"path": 3}'),
        ("access", '[{"path": "/", "roles": [], "public": false, "acr": "gold"}]'),
        ("access", '[{"path": "/", "roles": [], "public": false, "max_age_minutes": "5"}]'),
        ("access", '[{"path": "/", "roles": [], "public": false, "max_age_minutes": true}]'),
        ("access", '[{"path": "/", "roles": [], "public": false, "max_age_minutes": 0}]'),
        ("access", '[{"path": "/", "roles": [], "public": false, "client_certificates": ["x"]}]'),
        ("access", '[{"path": "/", "roles": [], "public": false, "max_age": 5}]'),
        ("session_lifetime_minutes", "0"),
        ("session_idle_minutes", "-1"),
        ("session_idle_minutes", "9999999"),
        ("access", "[7]"),
        ("slug", "Wiki!"),
    ],
)
def test_an_app_that_cannot_work_is_refused_beside_the_field(field: str, text: str) -> None:
    role("deployer")
    answer = browser_of(staff()).post(f"{APPS}add/", WIKI | {field: text})
    faults(answer)
    assert field in answer.context["adminform"].form.errors
    assert RelyingParty.objects.count() == 0


def test_what_an_app_demands_of_a_sign_in_is_kept_as_it_was_written() -> None:
    role("deployer")
    entry = {"path": "/", "roles": [], "public": False, "acr": ["gold"], "max_age_minutes": 5}
    lives = {"session_lifetime_minutes": "480", "session_idle_minutes": "30"}
    answer = browser_of(staff()).post(f"{APPS}add/", WIKI | lives | {"access": json.dumps([entry])})
    assert answer.status_code == 302, faults(answer)
    row = RelyingParty.objects.get()
    assert row.access == [entry]
    assert (row.session_lifetime_minutes, row.session_idle_minutes) == (480, 30)


def test_an_age_that_a_provider_never_tells_is_warned_of_when_the_app_is_saved() -> None:
    client, access = browser_of(staff()), [{"path": "/", "roles": [], "public": False}]
    client.post(f"{PROVIDERS}add/", OIDC)
    start(account("ada"), auth_time_told=False)
    wiki = WIKI | {"access": json.dumps(access)}
    warned = []
    for idle in ("", "30"):
        at = f"{RelyingParty.objects.get().pk}/change/" if idle else "add/"
        answer = client.post(f"{APPS}{at}", wiki | {"session_idle_minutes": idle}, follow=True)
        warned.append("People of Corp could not enter" in answer.content.decode())
    assert warned == [False, True]
    assert RelyingParty.objects.get().session_idle_minutes == 30


def test_a_published_version_is_shown_and_has_no_form() -> None:
    dora = staff()
    client, me = browser_of(dora), str(dora.pk)
    row = mapping_models.publish({"rules": [RULE]}, based_on=0, by=me, now=timezone.now())
    page = client.get(f"{RULES}{row.pk}/change/").content.decode()
    assert "in a group like <strong>/eng/*</strong> get <strong>deployer</strong>" in page
    assert me not in page
    assert "Dora Lind" in page.partition('id="content"')[2]
    assert 'name="_save"' not in page
    assert client.post(f"{RULES}{row.pk}/change/", {"version": "9"}).status_code == 403
    assert client.post(f"{RULES}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_role_is_told_about_and_its_name_stays() -> None:
    client = browser_of(staff())
    told = {"name": "auditor", "label": "Auditor", "description": "", "whom_to_ask": "Dora"}
    assert client.post(f"{ROLES}add/", told).status_code == 302
    row = RoleInfo.objects.get(label="Auditor")
    client.post(f"{ROLES}{row.pk}/change/", told | {"name": "other", "label": "Auditors"})
    row.refresh_from_db()
    assert (row.label, row.role.name) == ("Auditors", "auditor")


def test_a_role_names_the_apps_that_ask_for_it() -> None:
    client = browser_of(staff())
    told = role("deployer", "Deployer").info
    assert "Wiki" not in client.get(f"{ROLES}{told.pk}/change/").content.decode()
    client.post(f"{APPS}add/", WIKI)
    assert "Wiki" in client.get(f"{ROLES}{told.pk}/change/").content.decode()


@pytest.mark.parametrize("address", [PROVIDERS, APPS, RULES, ROLES])
def test_whoever_may_only_look_is_given_no_form(address: str) -> None:
    may = "view_provider view_relyingparty view_rulesetversion view_roleinfo"
    client = browser_of(staff(permissions=may))
    assert client.get(address).status_code == 200
    assert client.get(f"{address}add/").status_code == 403
    assert client.post(f"{address}add/", OIDC).status_code == 403


def test_whoever_may_only_look_sees_a_row_without_its_form() -> None:
    role("deployer")
    client = browser_of(staff())
    client.post(f"{PROVIDERS}add/", OIDC)
    client.post(f"{APPS}add/", WIKI)
    looking = browser_of(staff("ben", permissions="view_provider view_relyingparty"))
    for address, row in ((PROVIDERS, Provider.objects.get()), (APPS, RelyingParty.objects.get())):
        page = looking.get(f"{address}{row.pk}/change/")
        assert page.status_code == 200
        assert 'name="_save"' not in page.content.decode()
