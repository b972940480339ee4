"""What is fuzzed: how a recipe becomes a message, and what the gateway may make of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hypothesis.strategies import SearchStrategy

from gateway.traces import contents
from providers.errors import ProviderError, ResponseInvalid
from providers.trace import tracing

Recipe: TypeAlias = dict[str, Any]  # plain JSON
TAKEN = "taken"


@dataclass(frozen=True, kw_only=True)
class Message:
    """`signed`: the provider itself said this, after the edits; then anything may be believed that
    is no crash. `honest` is what the message means if nobody touched it.
    """

    content: Any
    honest: Any = None
    signed: bool = False


@dataclass(frozen=True, kw_only=True)
class Target:
    """`take` is the gateway alone: what is measured. `costly` are messages made to be dear;
    `seconds` of a processor, at most, are spent on any.
    """

    recipes: SearchStrategy[Recipe]
    message: Callable[[Recipe], Message]
    take: Callable[[Any], Any] = field(repr=False)
    costly: Mapping[str, Callable[[], Any]] = field(default_factory=dict, repr=False)
    seconds: float = 0.1

    def outcome(self, message: Message) -> str:
        """`taken`, or the name of what refused it. Whatever else comes out is a finding."""
        try:
            with tracing(values=True) as trace:
                found = self.take(message.content)
            contents.steps(trace.steps), contents.claims(trace.claims)
        except ResponseInvalid as error:
            for fact in (error.expected, error.received):
                contents.text(fact, contents.MAX_FACT)
            return error.check
        except ProviderError as error:
            words = re.sub("[^a-z ]+", "", str(error).lower())
            return f"{error.code} {words[:40]}".strip()
        assert message.signed or found == message.honest, f"{found!r} was believed"
        return TAKEN
