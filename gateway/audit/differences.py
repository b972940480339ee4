"""Row by row, what a configuration was and what it became: django-auditlog's entries, beside the
events, which say what happened. Settings name the rows and what of them is never written down.

An entry's actor comes from the flow that made it, as an event's does; never from a request.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from auditlog.context import set_extra_data

from provisioning.models import Account

_P = ParamSpec("_P")
_T = TypeVar("_T")

_named: ContextVar[bool] = ContextVar("a flow has said whose differences these are", default=False)


def by_actor(flow: Callable[_P, _T]) -> Callable[_P, _T]:
    """Differences of rows that the flow makes are its `actor`'s, those of flows within it too."""

    @wraps(flow)
    def attributed(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with _actor(str(kwargs["actor"])):
            return flow(*args, **kwargs)

    return attributed


@contextmanager
def _actor(actor: str) -> Iterator[None]:
    if _named.get():
        yield
        return
    token = _named.set(True)
    try:
        account = Account.objects.acting(actor)
        with set_extra_data({"actor": account, "additional_data": {"actor": actor}}):
            yield
    finally:
        _named.reset(token)
