"""Who makes tokens and accounts of programs: nobody is shown one that may more than she."""

import pytest
from django.utils import timezone

from gateway.api_tokens.models import ApiToken
from gateway.flows import api_tokens
from gateway.flows import service_accounts as flow
from gateway.flows.errors import NotPermitted
from gateway.relying_parties.definition import DefinitionInvalid
from provisioning.models import Account
from tests.gateway.flows.services import give, service, token, wiki
from tests.gateway.pages.signed_in import staff

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_url"),
]


def make_by(actor, ours, **said):
    wiki()
    wanted = api_tokens.WantedToken(**({"name": "hers", "apps": ("wiki",)} | said))
    return api_tokens.make_for_service(account=ours, wanted=wanted, actor=actor, now=timezone.now())


def test_nobody_is_shown_a_token_that_may_more_than_she_and_more_than_she_could_give_herself():
    ours = service(held=("importer", "deployer"))
    eve = staff("ben", permissions="change_serviceaccount add_apitoken")
    for said in ({}, {"apps": (), "scopes": ("providers:write",)}):
        with pytest.raises(DefinitionInvalid) as refused:
            make_by(str(eve.pk), ours, **said)
        [fault] = refused.value.faults
        assert fault.field == "account"
        assert "deployer, importer" in fault.problem
    assert not ApiToken.objects.exists()
    for name in ("importer", "deployer"):
        give(str(eve.pk), name)
    assert make_by(str(eve.pk), ours)
    admin = staff("cleo")
    assert make_by(str(admin.pk), ours, name="by whoever may give roles")


def test_a_program_makes_no_program_and_no_token():
    ours = service()
    row = token(ours, apps=(), scopes=("providers:write",)).row
    dora = str(Account.objects.get(username="dora").pk)
    wanted = flow.WantedService(username="other", name="Other", owner="dora")
    for actor in (ours, row.actor):
        with pytest.raises(NotPermitted):
            make_by(actor, ours)
        with pytest.raises(NotPermitted):
            flow.make(wanted, actor=actor, now=timezone.now())
        with pytest.raises(NotPermitted):
            flow.hand_over(ours, owner="dora", contact="", actor=actor, now=timezone.now())
        with pytest.raises(NotPermitted):
            api_tokens.make(
                account=dora,
                name="hers",
                scopes=["providers:read"],
                days=1,
                actor=actor,
                now=timezone.now(),
            )
    assert ApiToken.objects.count() == 1
