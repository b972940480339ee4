"""`docs/attack.md`, made of the tables that are fired."""

from collections.abc import Iterable
from typing import Any

from providers.attacks import oidc, saml
from providers.attacks.attack import Attack

_HEAD = """\
# Attacking your own gateway

<!-- Made by `make docs` from providers/attacks. Do not edit. -->

    manage.py attack                     all providers that are switched on
    manage.py attack --provider corp     one, also while it is switched off
    manage.py attack --all               print refusals too, each with the check that refused
    manage.py attack --http              also from outside, at the gateway's own address

Or *Attack* in the console, for whoever may change providers.

Each attack is a whole sign-in, or a message that would sign somebody out, judged by the code and
the settings that judge your people's. It may be run on production: nobody is signed in, no row is
written, no limit is spent, no trace is kept; the provider is asked for nothing but its published
keys. One event, `configuration.attacked`, goes on record.

`--http` sends what a stranger can to the address that people use, so it also shows whether a proxy
in front keeps headers, cookies and methods. Those requests are seen: they are counted, and the
answer that it posts to each SAML provider's address is recorded and traced as any stranger's is.

- **No key**: anybody who can reach the gateway could try it. It is fired with your provider's real
  keys in force.
- **With key**: only a provider that is hostile, or was robbed of its key, could. Its keys are
  exchanged for some that the kit made, for this one attack; everything else of the row stays.

| verdict | means |
| --- | --- |
| refused | by the check that guards against this lie |
| ACCEPTED | a hole: please report it ([Security](security.md#reporting)) |
| ERROR | no refusal but a fault; please report it |
| COSTLY | refused after more than a second of work: a message that is a weapon by itself |
| not proven | another check refused it, or the honest message too, or something was away |
| weakened by | no attack: a setting that is allowed and weaker than it could be |

The exit status is 0 when all was refused, 1 when there is a hole, 2 when something was not proven.

The kit itself is tested: pointed at two widely used libraries as their own documents set them up,
it must find every hole that is known of them.
"""
_SHOWN = 3  # checks in one row


def document() -> str:
    parts = (
        ("OIDC: sign-in", oidc.SIGN_IN),
        ("OIDC: sign-out", oidc.SIGN_OUT),
        ("SAML: sign-in", saml.SIGN_IN),
        ("SAML: sign-out", saml.SIGN_OUT),
    )
    return "\n".join([_HEAD, *(line for title, rows in parts for line in _table(title, rows))])


def _table(title: str, rows: Iterable[Attack[Any, Any]]) -> list[str]:
    head = [f"## {title}", "", "| attack | what the forger does | key | refused by | source |"]
    lines = [
        f"| `{row.name}` | {row.words} | {'no key' if row.keyless else 'with key'} "
        f"| {_checks(row.checks)} | {row.source} |"
        for row in rows
    ]
    return [*head, "| --- | --- | --- | --- | --- |", *lines, ""]


def _checks(checks: tuple[str, ...]) -> str:
    shown = [f"`{check}{'*' if check.endswith('.') else ''}`" for check in checks]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
