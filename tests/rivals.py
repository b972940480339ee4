"""Two who do the same thing at the same moment, without threads: the rival is simply first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def rival_at_savepoint(act: Callable[[], object]) -> Iterator[None]:
    """Lets `act` happen just before the first savepoint of the block, as if another transaction had
    committed it after the block looked and before it wrote.
    """
    waiting = [act]

    def before(execute, sql, params, many, context):
        if waiting and sql.startswith("SAVEPOINT"):
            waiting.pop()()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(before):
        yield
    assert not waiting, "the block made no savepoint"
