"""Reasons as the console may tell them: no value of a claim that the operator keeps nothing of.

A reason is written down at a sign-in, when every claim was there; what is not to be kept may have
been named only afterwards.
"""

from collections.abc import Iterable
from typing import Final

from gateway import wiring
from mapping.evidence import KEPT_BACK

_UNWANTED: Final = "unwanted: "


def told(because: Iterable[object]) -> tuple[str, ...]:
    hidden = wiring.config().claims_not_kept
    return tuple(dict.fromkeys(_told(str(reason), hidden) for reason in because))


def _told(reason: str, hidden: Iterable[str]) -> str:
    claim = reason
    while claim.startswith(_UNWANTED):
        claim = claim.removeprefix(_UNWANTED)
    for path in hidden:
        # What lies below the path is as little told as the path itself.
        if claim.startswith((f"{path}: ", f"{path}.")):
            return f"{path}: {KEPT_BACK}"
    return reason
