"""The console asks once more before very many people lose a role."""

from dataclasses import replace

import pytest

from gateway import wiring
from gateway.flows.mapping import drafting
from mapping import models as mapping_models
from tests.gateway.flows.mapping.drafters import LATER, NOW, content, roles_of_the_company, rule
from tests.gateway.flows.mapping.staff import identity, provider, publish, signs_in
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _company(monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(wiring.config(), role_loss_people=1)
    monkeypatch.setattr(wiring, "config", lambda: config)
    roles_of_the_company()
    provider()
    publish(content(rule("eng")), now=NOW)
    for name in ("ada", "ben"):
        signs_in(identity(name, "/eng/web"))


def test_publishing_a_draft_asks_with_the_number_and_goes_on_when_it_is_agreed_to() -> None:
    dora = staff()
    draft = drafting.begin(
        "March",
        content=content(rule("fin", roles=("payroll",))),
        actor=str(dora.pk),
        now=LATER,
    )
    client = browser_of(dora)
    page = f"/console/mapping/drafts/{draft.pk}/"
    answer = client.post(page, {"do": "publish", "edition": "1", "comment": "why not"})
    assert answer.status_code == 409
    told = answer.content.decode()
    assert "2 of " in told
    assert 'name="losing" value="2"' in told
    assert 'value="why not"' in told
    assert f'href="{page}preview/"' in told
    assert mapping_models.active().version == 1
    again = {"do": "publish", "edition": "1", "comment": "why not", "losing": "2"}
    assert client.post(page, again).status_code == 302
    row = mapping_models.RuleSetVersion.objects.get(version=2)
    assert row.comment == "why not"


def test_going_back_asks_likewise() -> None:
    dora = staff()
    client = browser_of(dora)
    page = "/console/mapping/history/0/back/"
    answer = client.post(page, {"in_force": "1", "comment": ""})
    assert (answer.status_code, mapping_models.active().version) == (409, 1)
    client.post(page, {"in_force": "1", "comment": "", "losing": "2"})
    assert mapping_models.active().version == 2
