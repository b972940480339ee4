"""An administrator proves an app from the console."""

from typing import Any

import pytest

from gateway.audit.models import AuditEvent
from gateway.flows.prove import background
from gateway.relying_parties.models import RelyingParty
from gateway.tasks.prove import send
from tests.gateway.pages.signed_in import browser_of, staff
from tests.gateway.prove.apps import NAIVE, careful, page, running

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
PAGE = "/console/apps/wiki/prove/"


def shown(client: Any) -> str:
    return str(client.get(PAGE).content.decode())


def test_asked_for_sent_by_a_worker_and_shown() -> None:
    client = browser_of(staff())
    with running(page(NAIVE["headers.cousins"])) as house:
        assert "Nobody has asked Wiki today what it believes" in shown(client)
        asked = client.post(PAGE, {"origin": house.origin, "path": "/who"})
        assert asked["Location"] == PAGE
        waiting = shown(client)
        assert '<meta http-equiv="refresh" content="2">' in waiting
        assert "Prove it" not in waiting
        send()
        assert {environ["PATH_INFO"] for environ in house.requests} == {"/who"}
        sent = len(house.requests)
        send()
        assert len(house.requests) == sent  # nothing was asked for again
    told = shown(client)
    assert "Wiki falls for 1 of 20 lies" in told
    assert "<strong>Believed</strong> writes the headers that other proxies use" in told
    assert "19 refused" in told
    assert "http-equiv" not in told
    assert AuditEvent.objects.get(event="app.proved").actor != "operator"


def test_a_careful_app_and_one_that_is_away_are_said_to_be_so() -> None:
    client = browser_of(staff())
    with running(page(careful)) as house:
        client.post(PAGE, {"origin": house.origin, "path": ""})
        send()
        assert "Wiki refused all 20 lies" in shown(client)
        RelyingParty.objects.update(origins=["http://wiki.corp.localhost:9"])
        client.post(PAGE, {"origin": "http://wiki.corp.localhost:9", "path": "/"})
        send()
    assert "Wiki could not be asked what it believes" in shown(client)


def test_a_page_that_says_the_same_to_everybody_cannot_tell() -> None:
    client = browser_of(staff())
    with running(page(careful, refuses="200 OK")) as house:
        client.post(PAGE, {"origin": house.origin, "path": "/"})
        send()
    assert "Of 20 lies it cannot be told of all what Wiki made of them" in shown(client)


def test_it_asks_no_address_but_the_apps_own() -> None:
    client = browser_of(staff())
    with running(page(careful)) as house:
        port = house.origin.rpartition(":")[2]
        for origin, path in (
            (f"http://localhost:{port}", "/"),
            ("http://127.0.0.1:9", "/"),
            ("", f"{house.origin}/"),
            (house.origin, "@127.0.0.1:9/"),
            (house.origin, "0/"),
            (house.origin, "/" + "a" * 1000),
        ):
            answer = client.post(PAGE, {"origin": origin, "path": path}, follow=True)
            assert "Choose an address of an app that is switched on" in answer.content.decode()
        RelyingParty.objects.update(enabled=False)
        answer = client.post(PAGE, {"origin": house.origin, "path": "/"}, follow=True)
        assert "Choose an address" in answer.content.decode()
        assert "It is switched off, so nothing is sent to it." in answer.content.decode()
        send()
        assert house.requests == []
    assert not background.under_way()


def test_an_app_that_was_switched_off_meanwhile_is_not_asked() -> None:
    client = browser_of(staff())
    with running(page(careful)) as house:
        client.post(PAGE, {"origin": house.origin, "path": "/"})
        RelyingParty.objects.update(enabled=False)
        send()
        assert house.requests == []
    assert not background.under_way()


def test_one_at_a_time() -> None:
    client = browser_of(staff())
    with running(page(careful)) as house:
        client.post(PAGE, {"origin": house.origin, "path": "/"})
        answer = client.post(PAGE, {"origin": house.origin, "path": "/"}, follow=True)
        assert "An app is being asked already." in answer.content.decode()


def test_whoever_may_not_change_apps_may_not_prove_them() -> None:
    client = browser_of(staff(permissions="view_relyingparty"))
    with running(page(careful)) as house:
        assert client.get(PAGE).status_code == 403
        assert client.post(PAGE, {"origin": house.origin, "path": "/"}).status_code == 403
        row = RelyingParty.objects.get()
        listed = client.get(f"/admin/relying_parties/relyingparty/{row.pk}/change/")
        assert PAGE not in listed.content.decode()
    assert not background.under_way()


def test_the_app_s_page_leads_there() -> None:
    client = browser_of(staff())
    with running(page(careful)):
        row = RelyingParty.objects.get()
        change = f"/admin/relying_parties/relyingparty/{row.pk}/change/"
        assert f'href="{PAGE}"' in client.get(change).content.decode()
    assert client.get("/admin/relying_parties/relyingparty/add/").status_code == 200
    assert client.get("/console/apps/nowhere/prove/").status_code == 404
