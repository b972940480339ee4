"""Whoever may only add changes nothing that stands there already."""

import json

import pytest
from django.contrib.auth.models import Group, Permission

from gateway.relying_parties.models import RelyingParty
from providers.models import Provider
from provisioning.models import RoleInfo
from tests.gateway.pages.signed_in import browser_of, role, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def refused(answer, field: str) -> bool:
    return field in answer.context["adminform"].form.errors


def test_a_provider_of_this_name_stays_as_it_is() -> None:
    settings = {"issuer": "https://idp.corp.example", "client_id": "gatehouse"}
    row = Provider(slug="corp", name="Corp", protocol="oidc", dialect="plain", settings=settings)
    row.seal_secret("client_secret", "never shown")
    row.save()
    wanted = {
        "slug": "corp",
        "name": "Corp",
        "protocol": "oidc",
        "dialect": "plain",
        "enabled": "on",
        "link_policy": "never",
        "newcomers": "created",
        "settings": json.dumps(settings | {"issuer": "https://evil.example"}),
    }
    client = browser_of(staff(permissions="add_provider view_provider"))
    assert refused(client.post("/admin/providers/provider/add/", wanted), "slug")
    assert Provider.objects.get().settings == settings


def test_an_app_of_this_name_stays_as_it_is() -> None:
    access = [{"path": "/", "roles": [], "public": False}]
    origin = "https://wiki.corp.example"
    RelyingParty.objects.create(slug="wiki", name="Wiki", origins=[origin], access=access)
    wanted = {
        "slug": "wiki",
        "name": "Wiki",
        "enabled": "on",
        "origins": origin,
        "access": json.dumps([{"path": "/", "roles": [], "public": True}]),
    }
    client = browser_of(staff(permissions="add_relyingparty view_relyingparty"))
    assert refused(client.post("/admin/relying_parties/relyingparty/add/", wanted), "slug")
    assert RelyingParty.objects.get().access == access


@pytest.mark.parametrize("name", ["deployer", "gatehouse-admin"])
def test_a_role_that_has_words_or_may_do_something_stays_as_it_is(name: str) -> None:
    client = browser_of(staff(permissions="add_roleinfo view_roleinfo"))
    role("deployer", "Deployer")
    more = Permission.objects.get(codename="change_provider")
    wanted = {"name": name, "label": "Mine", "permissions": [str(more.pk)]}
    assert refused(client.post("/admin/provisioning/roleinfo/add/", wanted), "name")
    assert more not in Group.objects.get(name=name).permissions.all()


def test_a_role_that_rules_made_gets_its_words() -> None:
    Group.objects.create(name="deployer")
    client = browser_of(staff(permissions="add_roleinfo view_roleinfo"))
    wanted = {"name": "deployer", "label": "Deployer"}
    assert client.post("/admin/provisioning/roleinfo/add/", wanted).status_code == 302
    assert RoleInfo.objects.get().label == "Deployer"
