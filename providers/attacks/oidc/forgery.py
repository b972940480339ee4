"""Tokens as no library would make them."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from joserfc.jws import JWSRegistry


class _LeftOut:
    def __repr__(self) -> str:  # tests are named after it, in every process alike
        return "left-out"


LEFT_OUT = _LeftOut()  # as the value of a lie: this member is not there at all


def with_lies(true: Mapping[str, Any], lies: Mapping[str, Any]) -> dict[str, Any]:
    """What is true, with the lies over it."""
    said = {**true, **lies}
    return {name: value for name, value in said.items() if value is not LEFT_OUT}


def part(value: object) -> str:
    """One part of a token: bytes as they are, anything else as JSON."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: object, payload: object, key: Any, algorithm: str) -> str:  # noqa: ANN401
    """Really signed by this algorithm, whatever the header says."""
    signed = f"{part(header)}.{part(payload)}"
    signature = JWSRegistry.algorithms[algorithm].sign(signed.encode(), key)
    return f"{signed}.{part(signature)}"
