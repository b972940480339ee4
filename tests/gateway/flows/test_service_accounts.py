"""What a service account must be, and who may answer for one."""

import pytest
from django.utils import timezone

from gateway.flows import service_accounts as flow
from gateway.relying_parties.definition import DefinitionInvalid
from provisioning.models import Account, ServiceAccount
from tests.gateway.flows.services import person, service

pytestmark = pytest.mark.usefixtures("db", "redis_url")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"username": "Importer"}, "username"),
        ({"username": "dora"}, "username"),
        ({"owner": "nobody"}, "owner"),
        ({"name": " "}, "name"),
        ({"contact": "c" * 201}, "contact"),
    ],
    ids=["upper-case", "taken", "no-owner", "no-name", "long-contact"],
)
def test_what_no_service_account_can_be_is_told_by_its_field(said, field):
    person("dora")
    wanted = {"username": "importer", "name": "Import", "owner": "dora", "contact": ""} | said
    with pytest.raises(DefinitionInvalid) as caught:
        flow.make(flow.WantedService(**wanted), actor="dora", now=timezone.now())
    assert [fault.field for fault in caught.value.faults] == [field]
    assert not ServiceAccount.objects.exists()


def test_neither_a_program_nor_a_closed_person_answers_for_one():
    service()
    closed = person("cleo")
    Account.objects.filter(pk=closed.pk).update(is_active=False)
    for owner in ("importer", "cleo"):
        wanted = flow.WantedService(username="other", name="Other", owner=owner)
        with pytest.raises(DefinitionInvalid):
            flow.make(wanted, actor="dora", now=timezone.now())
