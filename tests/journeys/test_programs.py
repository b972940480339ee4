"""A program with an account of its own, from the command that makes it to the app behind nginx; and
a contractor whose time ends: a real edge, a real proxy.
"""

import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from gateway import wiring
from gateway.api_tokens.models import ApiToken
from gateway.flows import api_tokens, deliver, end_dates, programs, roles
from gateway.flows import service_accounts as services
from gateway.flows.inbox import Source
from gateway.relying_parties import publish
from gateway.relying_parties.models import RelyingParty
from provisioning.models import Account
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.edge import proxies
from tests.gateway.edge.conftest import eventually
from tests.gateway.edge.echo import App as EchoApp
from tests.gateway.edge.proxies import ask
from tests.gateway.flows.services import give
from tests.gateway.pages.signed_in import account
from tests.journeys.apps import WIKI, enter
from tests.journeys.browser import Browser
from tests.journeys.edge import AppBrowser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("idp")]
PROGRAM = "Accept: application/json"


@pytest.fixture
def app():
    found = EchoApp()
    yield found
    found.close()


@pytest.fixture
def nginx(edge: int, app: EchoApp, tmp_path):
    """The wiki behind the shipped configuration, with a path for programs."""
    row = RelyingParty.objects.get(slug="wiki")
    row.access = [
        *row.access,
        {"path": "/machines", "roles": ["importer"], "public": False, "programs": True},
    ]
    row.save()
    with transaction.atomic():
        publish.publish(wiring.redis_client(), wiring.key_ring(), wiring.config())
    with proxies.nginx(tmp_path, edge, app.port) as port:
        yield port


def command(*words: str) -> str:
    out = StringIO()
    call_command("service-accounts", *words, stdout=out)
    return out.getvalue().strip()


def made() -> tuple[str, str]:
    """Its account and the text of its token."""
    account("dora")
    command("create", "importer", "--name", "Nightly import", "--owner", "dora")
    found = str(Account.objects.get(username="importer").pk)
    give(found, "importer")
    deliver.deliver(now=timezone.now())
    return found, command("token", "importer", "--name", "night", "--app", "wiki")


def status(port: int, text: str, target: str = "/machines/rows") -> int:
    return ask(port, target, f"Authorization: Bearer {text}", PROGRAM).status


def becomes(port: int, text: str, wanted: int) -> None:
    eventually(lambda: status(port, text) == wanted)


def test_it_comes_in_where_it_may_and_every_way_to_stop_it_stops_it(nginx: int) -> None:
    ours, text = made()
    becomes(nginx, text, 200)
    answer = ask(nginx, "/machines/rows", f"Authorization: Bearer {text}", PROGRAM)
    assert answer.reached_the_app_with("gatehouse-account") == [ours]
    assert answer.reached_the_app_with("authorization") == []
    assert status(nginx, text, "/page") == 403

    second = command("token", "importer", "--name", "next", "--app", "wiki")
    assert status(nginx, second) == 200
    first = ApiToken.objects.get(name="night")
    began = time.monotonic()
    assert api_tokens.revoke(first.pk, actor="dora", now=timezone.now())
    becomes(nginx, text, 401)
    assert time.monotonic() - began < 1.0  # the machine may be busy
    assert status(nginx, second) == 200

    roles.revoke_by_hand(account=ours, role="importer", actor="dora", now=timezone.now())
    becomes(nginx, second, 403)
    give(ours, "importer")
    deliver.deliver(now=timezone.now())
    becomes(nginx, second, 200)

    services.close(ours, source=Source.CONSOLE, actor="dora", now=timezone.now())
    becomes(nginx, second, 401)


def test_when_redis_lost_everything_it_is_back_without_anybody_typing_a_token(nginx: int) -> None:
    _, text = made()
    becomes(nginx, text, 200)
    client = wiring.redis_client()
    client.delete(*client.scan_iter("gh:{*}:b:*"))
    becomes(nginx, text, 401)
    assert programs.restore(now=timezone.now()) == 1
    becomes(nginx, text, 200)


def test_a_contractor_comes_in_until_her_time_ends_and_is_told_why(
    edge: int, browser: Browser, idp: OidcProvider
) -> None:
    browser.sign_in(person="ada")
    ada = Account.objects.get(username="ada")
    wiki = AppBrowser(edge, WIKI)
    enter(browser, wiki)
    assert wiki.open("/page").status == 200
    ends_at = timezone.now() + timedelta(seconds=2)
    end_dates.move(account=str(ada.pk), ends_at=ends_at, actor="dora", now=timezone.now())
    assert wiki.open("/page").status == 200
    # No worker comes: by its own end alone the session is over at the edge.
    time.sleep(2.1)
    assert wiki.open("/page").status == 302
    told: Any = browser.sign_in(person="ada")
    assert told.status_code == 403
    assert "Your time here has ended" in told.content.decode()
    assert end_dates.close_due(now=timezone.now()) == 1
    assert "Your time here has ended" in browser.sign_in(person="ada").content.decode()
    later = timezone.now() + timedelta(days=30)
    end_dates.move(account=str(ada.pk), ends_at=later, actor="dora", now=timezone.now())
    assert browser.sign_in(person="ada").status_code in {302, 303}
