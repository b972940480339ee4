"""What rows of the configuration were and became, as the console shows it."""

from datetime import UTC, datetime

import pytest
from auditlog.models import LogEntry
from django.test import Client

from gateway.flows import configure
from gateway.flows.configuration import WantedRole
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
LIST = "/admin/auditlog/logentry/"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def dora() -> Client:
    person = staff("dora")
    for label, actor in (("Deployer", "operator"), ("<Deployers>", str(person.pk))):
        configure.save_role(WantedRole(name="deployer", label=label), actor=actor, now=NOW)
    return browser_of(person)


def test_each_difference_is_listed_with_whoever_made_it(dora: Client) -> None:
    page = dora.get(LIST).content.decode()
    assert ("operator" in page, "dora" in page, "update" in page) == (True, True, True)
    assert dora.get(LIST, {"q": "dora"}).context["cl"].result_count == 1


def test_a_difference_says_before_and_after_and_is_never_changed(dora: Client) -> None:
    entry = LogEntry.objects.order_by("pk").last()
    assert entry is not None
    url = f"{LIST}{entry.pk}/change/"
    page = dora.get(url).content.decode()
    assert "<strong>label</strong>: Deployer → &lt;Deployers&gt;" in page
    assert 'name="_save"' not in page
    for verb in ("change", "delete"):
        assert dora.post(f"{LIST}{entry.pk}/{verb}/", {"post": "yes"}).status_code == 403
    assert dora.get(f"{LIST}add/").status_code == 403


def test_only_whoever_may_read_differences_does() -> None:
    client = browser_of(staff("ben", permissions="view_auditevent"))
    assert client.get(LIST).status_code == 403
