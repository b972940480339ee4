"""`manage.py providers domains`: which domains lead to a provider, from the command line."""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError

from gateway.flows import domains
from gateway.flows.domains import Standing
from gateway.relying_parties.definition import DefinitionInvalid
from providers import registry
from providers.domain_proof import record_name, record_text
from providers.domains import DomainInvalid, normalised, readable
from providers.models import Provider, ProviderDomain

OPERATOR = "operator"
WORDS = "show, claim, state, check, require and release the domains that lead to it"
_ACTIONS = {
    "claim": "claim a domain: prints the TXT record that proves it",
    "state": "take your word for a domain, without a proof in DNS",
    "check": "look in DNS for its proof now",
    "require": "its people sign in through this provider alone",
    "free": "they may sign in through others again",
    "release": "let it go: it leads nowhere, and may be another provider's",
}
_STANDING = {
    Standing.STATED: "stated",
    Standing.PROVEN: "proven",
    Standing.MISSING: "its proof is gone; counts until {until}",
    Standing.CLAIMED: "claimed, not proven",
}


def add_arguments(verb: ArgumentParser) -> None:
    one = verb.add_mutually_exclusive_group()
    for action, words in _ACTIONS.items():
        one.add_argument(f"--{action}", metavar="DOMAIN", help=words)


def done(slug: str, options: Mapping[str, Any], now: datetime) -> str:
    """What was done, in words; without an action, all domains of the provider.

    Raises ProviderUnknown; CommandError for what is refused.
    """
    provider = registry.find(slug)
    action = next((action for action in _ACTIONS if options[action]), "")
    try:
        if action:
            return "\n".join(_told(_act(provider, action, options[action], now), now))
    except DefinitionInvalid as error:
        problem = error.faults[0].problem
        raise CommandError(f"Nothing was changed. {options[action]} {problem}") from error
    rows = ProviderDomain.objects.filter(provider=provider)
    lines = [line for row in rows for line in _told(row, now)]
    return "\n".join(lines) or f"No domain leads to {slug}."


def _act(provider: Provider, action: str, text: str, now: datetime) -> ProviderDomain:
    if action == "claim":
        return domains.claim(provider.slug, text, actor=OPERATOR, now=now)
    if action == "state":
        return domains.state(provider, text, actor=OPERATOR, now=now)
    row = _row(provider, text)
    if action == "check":
        return domains.check(row, actor=OPERATOR, now=now)
    if action == "release":
        domains.release(row, actor=OPERATOR, now=now)
    else:
        domains.require(row, required=action == "require", actor=OPERATOR, now=now)
    return row


def _row(provider: Provider, text: str) -> ProviderDomain:
    try:
        found = ProviderDomain.objects.filter(provider=provider, domain=normalised(text)).first()
    except DomainInvalid as error:
        raise CommandError(f"Nothing was changed. {text} {error}") from error
    if found is None:
        raise CommandError(f"Nothing was changed. {text} is no domain of {provider.slug}.")
    return found


def _told(row: ProviderDomain, now: datetime) -> list[str]:
    name = readable(row.domain)
    if not ProviderDomain.objects.filter(pk=row.pk).exists():
        return [f"{name}: let go"]
    standing = _standing(row, now) + (", required" if row.required else "")
    lines = [f"{name}: {standing}"]
    if not row.stated and (not row.counts(now) or row.problem):
        lines.append(f'  {record_name(row.domain)}. TXT "{record_text(row.token)}"')
    if row.problem:
        lines.append(f"  the last look: {row.problem}")
    return lines


def _standing(row: ProviderDomain, now: datetime) -> str:
    until = f"{row.counts_until:%Y-%m-%d %H:%M} UTC" if row.counts_until else ""
    return _STANDING[domains.standing(row, now)].format(until=until)
