"""What the sessions of the console are found by: people only by whoever may see people, apps and
providers by name, however many there are.
"""

import pytest
from django.test import Client
from django.utils import timezone

from gateway.console import sought
from gateway.flows import sign_ins
from gateway.relying_parties.models import RelyingParty
from providers.models import Provider
from tests.gateway.console.test_sessions import END, LIST, names, text
from tests.gateway.pages.signed_in import account, browser_of, lives, role, staff, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

SESSIONS = "view_session end_session"


@pytest.fixture
def blind() -> Client:
    """Of somebody who may see and end sessions, and not see people."""
    return browser_of(staff(permissions=SESSIONS))


@pytest.fixture
def desk() -> Client:
    return browser_of(staff(permissions=f"{SESSIONS} view_account"))


def shows(page: str, field: str) -> tuple[bool, int]:
    """Whether all can be chosen there, and how many."""
    _, select, chosen = page.partition(f'<select class="connecting-input" id="{field}"')
    if not select:
        chosen = page.partition(f'<datalist id="{field}-known"')[2]
    end = "</select>" if select else "</datalist>"
    return bool(select), chosen.partition(end)[0].count("<option")


def test_whoever_may_not_see_people_finds_one_by_her_whole_username_alone(blind: Client) -> None:
    ada = account("ada")
    start(ada)
    assert names(blind.get(LIST, {"person": "ada"})) == {"ada"}
    for part in ("ad", "byron", "Ada Byron", "ada@corp.example", "@", str(ada.pk)):
        assert names(blind.get(LIST, {"person": part})) == set()
        assert "nothing to end" in text(blind.get(END, {"person": part}))
    page = blind.get(LIST).content.decode()
    assert "Username, whole" in page
    assert 'name="role"' not in page


def test_whoever_may_not_see_people_reads_usernames_and_no_names(blind: Client) -> None:
    start(account("ada"))
    found = blind.get(LIST)
    assert names(found) == {"ada", "dora"}
    assert "Byron" not in found.content.decode()
    assert "ada@corp.example" not in found.content.decode()


def test_a_role_is_asked_for_by_whoever_may_see_people_and_nothing_ends_otherwise(
    blind: Client,
) -> None:
    ada = account("ada")
    token = start(ada)
    ada.groups.add(role("deployer"))
    for address in (LIST, END):
        assert blind.get(address, {"role": "deployer"}).status_code == 403
    assert blind.post(END, {"role": "deployer", "reason": "x"}).status_code == 403
    assert blind.post(END, {"person": "byron", "reason": "x"}).status_code == 303
    assert lives(token.handle)


def test_whoever_may_see_people_finds_them_by_part_of_anything(desk: Client) -> None:
    ada = account("ada")
    start(ada)
    ada.groups.add(role("deployer"))
    for part in ("yron", "ada@corp", str(ada.pk)):
        assert names(desk.get(LIST, {"person": part})) == {"ada"}
    assert names(desk.get(LIST, {"role": "deployer"})) == {"ada"}


@pytest.mark.parametrize("model", [RelyingParty, Provider])
def test_of_many_only_those_like_what_was_written_are_on_the_page(
    desk: Client, monkeypatch: pytest.MonkeyPatch, model: type[RelyingParty] | type[Provider]
) -> None:
    monkeypatch.setattr(sought, "MAX_CHOICES", 3)
    field = {RelyingParty: "app", Provider: "provider"}[model]
    own = 1 if model is Provider else 0  # the operator's links
    model.objects.bulk_create(model(slug=f"wiki-{n}", name=f"Wiki {n}") for n in range(3))
    assert shows(desk.get(LIST).content.decode(), field) == (True, 3 + 1 + own)
    model.objects.create(slug="payroll", name="Wages")
    assert shows(desk.get(LIST).content.decode(), field) == (False, 3 + own)
    page = desk.get(LIST, {field: "ages"}).content.decode()
    assert shows(page, field) == (False, 1 + own)
    assert '<option value="payroll">Wages</option>' in page
    model.objects.create(slug="wiki-4", name="Wiki 4")
    assert shows(desk.get(LIST, {field: "wiki"}).content.decode(), field) == (False, 3 + own)


def test_an_app_and_a_provider_are_found_by_slug_or_name_and_the_next_page_has_the_slug(
    desk: Client,
) -> None:
    Provider.objects.create(slug="corp-oidc", name="Corp", protocol="oidc", dialect="plain")
    wiki = RelyingParty.objects.create(slug="wiki", name="The wiki")
    RelyingParty.objects.bulk_create(
        RelyingParty(slug=slug, name="Twice") for slug in ("one", "other")
    )
    sign_ins.entered(start(account("ada")).handle, wiki, timezone.now())
    start(account("ben"), provider="elsewhere")
    for said in ("wiki", "The wiki", "the WIKI"):
        assert names(found := desk.get(LIST, {"app": said})) == {"ada"}
        assert found.context["query"] == "app=wiki"
    assert 'name="app" value="wiki"' in desk.get(END, {"app": "The wiki"}).content.decode()
    assert names(desk.get(LIST, {"provider": "corp"})) == {"ada", "dora"}
    for said in ("Twice", "The", "nothing of the kind"):
        assert names(desk.get(LIST, {"app": said})) == set()
