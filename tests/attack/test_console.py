"""An administrator attacks her configuration from the console."""

import pytest
from django.utils import timezone

from gateway.flows.attack import background
from gateway.tasks.attack import fire
from providers.models import Provider
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = pytest.mark.filterwarnings("ignore:Key size should be:Warning")
PAGE = "/admin/attack/"


def page(client) -> str:
    return client.get(PAGE).content.decode()


def test_asked_for_fired_by_a_worker_and_shown(idp: OidcProvider) -> None:
    client = browser_of(staff())
    assert "Nobody has attacked this configuration today" in page(client)
    assert client.post(PAGE, {"provider": ""})["Location"] == PAGE
    waiting = page(client)
    assert "Waiting for a worker" in waiting
    assert '<meta http-equiv="refresh" content="2">' in waiting
    fire()
    shown = page(client)
    assert "attacks were refused" in shown
    assert "signs nothing, and says so" in shown
    assert "plain HTTP: good for trying out on one machine alone" in shown
    assert "http-equiv" not in shown


def test_one_at_a_time(idp: OidcProvider) -> None:
    client = browser_of(staff())
    client.post(PAGE, {"provider": "corp-oidc"})
    answer = client.post(PAGE, {"provider": "corp-oidc"}, follow=True)
    assert "An attack is under way already." in answer.content.decode()
    fire()
    fire()  # nothing is asked for any more
    assert background.under_way() is None
    report = background.last()
    assert report is not None
    assert report.status == 0
    assert [each.provider for each in report.attacked] == ["", "corp-oidc"]


def test_it_shows_how_far_it_is(idp: OidcProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = background.attack

    def watched(*args, progress, **kwargs):
        def told(done: int, total: int) -> None:
            progress(done, total)
            seen.append(background.under_way())

        return real(*args, progress=told, **kwargs)

    monkeypatch.setattr(background, "attack", watched)
    background.ask("corp-oidc", actor="dora")
    background.fire(now=timezone.now())
    assert (seen[9].done, seen[-1].total) == (10, len(seen))


def test_a_provider_that_is_not_there_is_said_to_be_none(idp: OidcProvider) -> None:
    answer = browser_of(staff()).post(PAGE, {"provider": "nowhere"}, follow=True)
    assert "There is no provider of this name" in answer.content.decode()
    assert background.under_way() is None


def test_too_many_at_once_are_not_begun(idp: OidcProvider) -> None:
    for number in range(background.MOST_AT_ONCE):
        Provider(slug=f"corp-{number}", name="Corp", protocol="oidc", dialect="plain").save()
    answer = browser_of(staff()).post(PAGE, {"provider": ""}, follow=True)
    assert "These are too many providers at once" in answer.content.decode()


def test_whoever_may_not_change_providers_may_not_attack(idp: OidcProvider) -> None:
    client = browser_of(staff(permissions="view_provider"))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE).status_code == 403
    assert 'href="/admin/attack/"' not in client.get("/admin/").content.decode()
