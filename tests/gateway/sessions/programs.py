"""A program of the company, and the record of its token."""

from dataclasses import replace
from datetime import timedelta

from gateway.sessions import program
from gateway.sessions.program import Program
from tests.gateway.sessions.people import ada

ACCOUNT = "0e4a1f0e-6a1c-4f2b-9d6e-2c1b7a90cccc"


def importer(*, apps=("wiki",), **changes) -> Program:
    session = ada(
        account=ACCOUNT,
        username="importer",
        name="Nightly import",
        email=None,
        email_verified=False,
        roles=frozenset({"importer"}),
        provider="",
        acr=None,
        amr=(),
        idle_for=timedelta.max,
        auth_time_told=False,
    )
    return Program(session=replace(session, **changes), apps=frozenset(apps))


def token() -> str:
    return program.new_token(ACCOUNT)


def handle(text: str):
    found = program.handle_of(text)
    assert found is not None
    return found
