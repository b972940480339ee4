"""What a run found, for people to read: one line a person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from provisioning.directories import sealing
from provisioning.directories.models import Difference, Run
from provisioning.directories.vouching import issuer_of
from provisioning.errors import IdentityUnreadable
from provisioning.models import LinkedIdentity

_ACTS: dict[str, Promise] = {
    Difference.Act.CREATE: _("comes: an account is made"),
    Difference.Act.CHANGE: _("changes"),
    Difference.Act.REOPEN: _("comes back: the account is opened"),
    Difference.Act.CLOSE: _("goes: the account is closed"),
}
_WHY: dict[str, Promise] = {
    "disabled": _("disabled there"),
    "deleted": _("deleted there"),
    "missing": _("not there any more"),
}
_PROBLEMS: dict[str, Promise] = {
    "directory.still-there": _("she was there after all, so nothing was done"),
    "account.last-administrator": _("nobody else could administer, so nothing was done yet"),
    "provisioning.account-closed": _("her account is closed for another reason"),
    "provisioning.link-conflict": _("an administrator must join her accounts"),
    "provisioning.other-provider-required": _("her domain requires another provider"),
    "provisioning.identity-unreadable": _("what was found cannot be read any more"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One person's line."""

    act: str
    why: str
    name: str  # as she is known here, or as the directory tells of her
    account: str  # its id; empty where she has none
    groups: tuple[str, ...]
    lost: tuple[str, ...]
    done: bool
    problem: str

    @property
    def act_words(self) -> str:
        """What becomes of her, and why if she goes."""
        why = f" ({_WHY[self.why]})" if self.why in _WHY else ""
        return f"{_ACTS[self.act]}{why}"

    @property
    def problem_words(self) -> str:
        """Why it could not be done; empty if it was, or is still to be."""
        if not self.problem:
            return ""
        known = _PROBLEMS.get(self.problem)
        return str(known) if known else gettext("it could not be done (%s)") % self.problem


def shown(run: Run, rows: Sequence[Difference]) -> list[Shown]:
    """In a number of questions that does not depend on how many there are."""
    known = _known(run, [row.subject for row in rows])
    return [_one(row, known.get(row.subject)) for row in rows]


def _known(run: Run, subjects: Iterable[str]) -> dict[str, LinkedIdentity]:
    rows = LinkedIdentity.objects.filter(
        issuer=issuer_of(run.directory.provider), subject__in=list(subjects)
    )
    return {row.subject: row for row in rows.select_related("account")}


def _one(row: Difference, linked: LinkedIdentity | None) -> Shown:
    said = _said(row)
    name = str(said.get("name") or said.get("username") or row.subject)
    return Shown(
        act=row.act,
        why=row.why,
        name=linked.account.get_full_name() if linked else name,
        account=str(linked.account_id) if linked else "",
        groups=_texts(said.get("groups")),
        lost=_texts(said.get("lost")),
        done=row.done,
        problem=row.problem,
    )


def _said(row: Difference) -> dict[str, object]:
    try:
        return sealing.unseal(row.run_id, row.subject, row.key, row.sealed) if row.key else {}
    except IdentityUnreadable:
        return {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
