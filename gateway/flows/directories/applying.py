"""Making it so, one person after the other: each is done wholly or not at all.

Who is told of is provisioned as at a sign-in; who is gone leaves by the one inbox for such news.
Who is only missing is asked for by her name before: a list that moved while it was read forgets
people.
"""

from collections.abc import Iterator

from django.db import transaction

from gateway.flows import inbox
from gateway.flows.directories.turn import Turn
from gateway.flows.foretell import foretold
from mapping import models as mapping_models
from providers.errors import ResponseInvalid
from providers.identity import ExternalIdentity
from provisioning import last_identity
from provisioning.directories import sealing
from provisioning.directories.models import Difference, Member, Run
from provisioning.directories.source import Source
from provisioning.directories.vouching import Told, identity, issuer_of
from provisioning.errors import ProvisioningError
from provisioning.models import Account, Closure, LinkedIdentity

_Act = Difference.Act
BATCH = 50
LAST_ADMINISTRATOR = "account.last-administrator"


def apply(turn: Turn, source: Source, *, removals: bool) -> bool:
    """Whether nothing is left; without `removals` of what takes nothing away.

    Raises DirectoryError, ProviderUnknown, SessionStoreUnavailable, TurnLost.
    """
    while not turn.is_over():
        rows = turn.run.differences.filter(done=False).order_by("pk")
        batch = list((rows if removals else rows.filter(removes=False))[:BATCH])
        if not batch:
            return True
        for row in batch:
            turn.keep()
            _done(row, turn, source)
            if turn.is_over():
                break
    return False


def _done(row: Difference, turn: Turn, source: Source) -> None:
    try:
        if row.act == _Act.CLOSE:
            _close(row, turn, source)
        else:
            _tell(row, turn)
    except (ProvisioningError, ResponseInvalid) as error:
        row.problem = error.code
    # No row is there any more if she was erased meanwhile.
    turn.run.differences.filter(pk=row.pk).update(done=True, problem=row.problem)


def _tell(row: Difference, turn: Turn) -> None:
    plain = sealing.unseal(row.run_id, row.subject, row.key, row.sealed)
    plain.pop("lost", None)
    told = Told.parse(plain)
    directory, now = turn.directory, turn.now
    for account in _closed(turn.run, row.subject):
        inbox.lift(
            account=account,
            source=inbox.Source.DIRECTORY,
            by=directory.actor,
            cause=f"is back in {directory.slug}",
            at=now,
        )
    with transaction.atomic():
        mapping_models.in_force()  # always before an account's row is locked
        before = _last(turn.run, row.subject)
        who = identity(told, directory.provider, before, now)
        foretold(who, actor=directory.actor, now=now)
        Member.objects.update_or_create(
            directory=directory,
            subject=row.subject,
            defaults={"digest": told.digest, "out": False},
            create_defaults={"digest": told.digest, "seen_in": row.run_id},
        )


def _close(row: Difference, turn: Turn, source: Source) -> None:
    if row.why == "missing" and source.find(row.subject):
        row.problem = "directory.still-there"
        return
    directory = turn.directory
    taken = [
        inbox.take(
            inbox.News(
                account=account,
                act=inbox.Act.CLOSE,
                source=inbox.Source.DIRECTORY,
                by=directory.actor,
                cause=f"{row.why} in {directory.slug}",
                at=turn.now,
                id=str(row.run_id),
            ),
            lambda: next(_accounts(turn.run, row.subject), ""),
        )
        for account in _accounts(turn.run, row.subject)
    ]
    held = any(each.held for each in taken)
    if held:  # the next run finds her again, or takes the word back
        row.problem = LAST_ADMINISTRATOR
    Member.objects.update_or_create(
        directory=directory, subject=row.subject, defaults={"out": not held, "digest": ""}
    )


def _accounts(run: Run, subject: str) -> Iterator[str]:
    """Hers; none if she never had one here."""
    issuer = issuer_of(run.directory.provider)
    rows = LinkedIdentity.objects.filter(issuer=issuer, subject=subject)
    yield from map(str, rows.values_list("account", flat=True))


def _closed(run: Run, subject: str) -> list[str]:
    """Hers, as far as this directory's word closes it."""
    directory = run.directory
    said = Closure.objects.filter(
        source=inbox.Source.DIRECTORY,
        by=directory.actor,
        account__identities__issuer=issuer_of(directory.provider),
        account__identities__subject=subject,
    )
    return [str(pk) for pk in said.values_list("account", flat=True).distinct()]


def _last(run: Run, subject: str) -> ExternalIdentity | None:
    """What her provider last said of her, and nobody changes it until the transaction ends."""
    issuer = issuer_of(run.directory.provider)
    linked = LinkedIdentity.objects.filter(issuer=issuer, subject=subject)
    Account.objects.lock_all(linked.values_list("account", flat=True))
    row = linked.select_related("last").first()
    return last_identity.readable(getattr(row, "last", None))
