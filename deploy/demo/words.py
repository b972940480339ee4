"""What a person reads while the demo comes up, and when it is there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.demo.addresses import Addresses

PEOPLE = (
    ("ada", "engineering", "holds the role deployer"),
    ("ben", "finance", "holds the role payroll"),
    ("cleo", "no group", "holds no role"),
    ("dora", "it", "runs the gateway's console"),
)


@contextmanager
def step(what: str) -> Iterator[None]:
    """One line: what is being done, and how long it took."""
    print(f"  {what} ... ", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f"{time.monotonic() - began:.1f} s", flush=True)


def say(text: str) -> None:
    print(text, flush=True)


def ready(addresses: Addresses, password: str) -> str:
    people = "\n".join(f"    {name:<5} {unit:<12} {what}" for name, unit, what in PEOPLE)
    return f"""
  Open one of these in a browser:
    Wiki       {addresses.wiki_url}/
    Payroll    {addresses.payroll_url}/
    Gateway    {addresses.gateway_url}/

  Sign in at Keycloak as one of these people, each with the password {password}
{people}

  Keycloak   {addresses.keycloak_url}/admin/   (admin, the same password)
"""
