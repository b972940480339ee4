"""Ending sessions, as commands for Redis."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby

from gateway.sessions import scripts
from gateway.sessions.keys import end_prefix, index_key, private_prefix, record_prefix
from gateway.sessions.session import SessionHandle, account_tag
from gateway.sessions.views import Command

WHY_KEPT = timedelta(days=1)
_SECONDS = WHY_KEPT // timedelta(seconds=1)


def ending_sessions(handles: Iterable[SessionHandle], why: bytes) -> dict[str, Command]:
    """By shard tag; what is of one account ends in one step. Each answers with the SHAs that
    lived.
    """
    shards = groupby(sorted(handles), key=lambda handle: handle[:3])
    return {
        tag: (*_begun(scripts.END, 3, tag), why, _SECONDS, *(handle[4:] for handle in of_tag))
        for tag, of_tag in shards
    }


def ending_account(account: str, why: bytes, keep: SessionHandle | None) -> Command:
    """All of hers but one, in one step; answers with the SHAs that lived."""
    tag = account_tag(account)
    kept = keep[4:] if keep is not None else ""
    return (*_begun(scripts.END_ACCOUNT, 4, tag), index_key(account), why, _SECONDS, kept)


def _begun(script: str, keys: int, tag: str) -> Command:
    return ("EVAL", script, keys, record_prefix(tag), private_prefix(tag), end_prefix(tag))


def ended_again(tag: str, shas: Iterable[str]) -> Command:
    """What has ended, in a form that may be repeated: it ends nothing that was started since."""
    records, notes = record_prefix(tag), private_prefix(tag)
    return ("DEL", *(key for sha in shas for key in (records + sha, notes + sha)))


def texts(answer: object) -> list[str]:
    """The members of a list or set that Redis sent."""
    members = answer if isinstance(answer, list | set) else ()
    return [member.decode() for member in members if isinstance(member, bytes)]
