"""What an OIDC provider can be told to say instead of the truth."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Lies:
    """What the provider says instead of the truth. Members are set over the true ones."""

    discovery: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    refreshed: dict[str, Any] = field(default_factory=dict)  # of ID tokens that a refresh brings
    access_token: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    directory: dict[str, Any] = field(default_factory=dict)
    token_answer: dict[str, Any] = field(default_factory=dict)
    pushed: dict[str, Any] = field(default_factory=dict)
    redirect: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)  # by endpoint, whole
    redirects: dict[str, str] = field(default_factory=dict)  # by endpoint
    id_token: str | None = None
    userinfo_token: str | None = None
    signing_key: Any = None  # another than the published one
    slow: dict[str, float] = field(default_factory=dict)  # seconds, by endpoint
