"""A program of the company, with an account of its own."""

from django.utils import timezone

from gateway.flows import api_tokens, roles, service_accounts
from gateway.flows.api_tokens import MadeToken, WantedToken
from gateway.flows.service_accounts import WantedService
from gateway.relying_parties.models import RelyingParty
from provisioning.models import Account
from tests.gateway.pages.signed_in import account


def person(username="dora") -> Account:
    return Account.objects.filter(username=username).first() or account(username)


def service(username="importer", *, owner="dora", held=("importer",)) -> str:
    person(owner)
    wanted = WantedService(username=username, name="Nightly import", owner=owner, contact="data")
    made = service_accounts.make(wanted, actor="dora", now=timezone.now())
    for name in held:
        give(made, name)
    return made


def give(account_id: str, name: str) -> None:
    from django.contrib.auth.models import Group

    Group.objects.get_or_create(name=name)
    roles.grant_by_hand(account=account_id, role=name, actor="dora", now=timezone.now())


def wiki(*, programs=True) -> RelyingParty:
    row, _ = RelyingParty.objects.get_or_create(
        slug="wiki",
        defaults={
            "name": "Wiki",
            "origins": ["https://wiki.corp.example"],
            "access": [
                {"path": "/", "roles": [], "public": False},
                {"path": "/machines", "roles": ["importer"], "public": False, "programs": programs},
            ],
        },
    )
    return row


def token(account_id: str, **said) -> MadeToken:
    wiki()
    wanted = WantedToken(**({"name": "night", "apps": ("wiki",)} | said))
    return api_tokens.make_for_service(
        account=account_id, wanted=wanted, actor="dora", now=timezone.now()
    )
