"""Taking in what a directory says, page by page: what differs from what is here is kept, sealed.

Nothing of anybody's account is changed yet. A page and where the reading stands after it are kept
in one transaction, so a reading that is cut off goes on with the page that was not kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet

from gateway.flows.directories.turn import Turn
from provisioning import last_identity
from provisioning.directories import sealing
from provisioning.directories.models import Difference, Member, Membership, Run
from provisioning.directories.source import Page, Person, ReadEverything, Reading, Source
from provisioning.directories.vouching import Told, could_sign_in, issuer_of
from provisioning.models import LinkedIdentity

_Act = Difference.Act
_IN_ONE_GO = 1_000


def read(turn: Turn, source: Source) -> bool:
    """Whether the last page is in. Raises DirectoryError, ProviderMisconfigured, TurnLost."""
    while not turn.is_over():
        run = turn.run
        reading = Reading(after=run.after, news_from=run.news_from)
        try:
            page = source.read(reading)
        except ReadEverything:
            turn.keep(news_from="", after={})
            continue
        known = tuple(person for person in page.people if could_sign_in(person.subject))
        left_out = len(page.people) - len(known)
        with transaction.atomic():
            people = _kept(run, replace(page, people=known))
            turn.keep(
                after=page.after or {},
                people=run.people + people,
                left_out=run.left_out + left_out,
                news_until=page.news_from,
            )
        if page.after is None:
            return True
    return False


def compare(turn: Turn) -> None:
    """Once everything is in: who is missing goes; how many removals that makes is counted."""
    run = turn.run
    with transaction.atomic():
        if run.reads_everybody:
            _missing(run)
        run.memberships.all().delete()
        known = Member.objects.filter(directory=run.directory, out=False).count()
        turn.keep(
            state=Run.State.PLANNED if run.dry else Run.State.APPLYING,
            ended_at=turn.now if run.dry else None,
            after={},
            known=known or _linked(run).count(),
            removals=run.differences.filter(removes=True).count(),
            orphans=orphans(run).count() if run.reads_everybody else 0,
        )


def orphans(run: Run) -> "QuerySet[LinkedIdentity]":
    """Open accounts that came by this provider and that the directory does not know."""
    known = Member.objects.filter(directory=run.directory).values("subject")
    told = run.differences.values("subject")
    return _linked(run).exclude(subject__in=known).exclude(subject__in=told)


def _linked(run: Run) -> "QuerySet[LinkedIdentity]":
    issuer = issuer_of(run.directory.provider)
    return LinkedIdentity.objects.filter(issuer=issuer, account__is_active=True)


def _kept(run: Run, page: Page) -> int:
    Membership.objects.bulk_create(
        (
            Membership(run=run, who=_who(key), group=members.group[:500])
            for members in page.members
            if members.group.isprintable()
            for key in members.keys
        ),
        batch_size=_IN_ONE_GO,
    )
    people = list({person.subject: person for person in page.people}.values())
    gone = [subject for subject in page.gone if could_sign_in(subject)]
    here = _Here.of(run, [*(person.subject for person in people), *gone])
    groups = _groups(run, people) if run.reads_everybody else {}
    found = [
        difference
        for person in people
        if (difference := here.difference(person, groups.get(_who(person.key), ()))) is not None
    ]
    found += [here.goes(subject, "deleted") for subject in gone if here.is_in(subject)]
    same = {person.subject for person in people} - {each.subject for each in found}
    run.differences.filter(subject__in=same).delete()  # of the same page, read a second time
    _write(found)
    if run.reads_everybody:
        Member.objects.filter(pk__in=[row.pk for row in here.members.values()]).update(
            seen_in=run.pk
        )
    return len(people)


def _write(found: Sequence[Difference]) -> None:
    Difference.objects.bulk_create(
        found,
        update_conflicts=True,
        unique_fields=["run", "subject"],
        update_fields=["act", "why", "removes", "key", "sealed"],
        batch_size=_IN_ONE_GO,
    )


def _groups(run: Run, people: Sequence[Person]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    whom = [_who(person.key) for person in people]
    for who, group in run.memberships.filter(who__in=whom).values_list("who", "group"):
        found.setdefault(who, []).append(group)
    return found


def _who(key: str) -> str:
    """Keys may be names: they are not written down as they are."""
    return sha256(key.encode()).hexdigest()[:32]


def _missing(run: Run) -> None:
    """Whom the directory had, and this reading did not meet."""
    rows = Member.objects.filter(directory=run.directory, out=False).exclude(seen_in=run.pk)
    rows = rows.exclude(subject__in=run.differences.values("subject"))
    subjects = list(rows.order_by("pk").values_list("subject", flat=True))
    here = _Here(run=run, members={}, linked={})
    _write([here.goes(subject, "missing") for subject in subjects])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """What is here of these people."""

    run: Run
    members: Mapping[str, Member]
    linked: Mapping[str, LinkedIdentity]

    @classmethod
    def of(cls, run: Run, subjects: Sequence[str]) -> "_Here":
        members = Member.objects.filter(directory=run.directory, subject__in=subjects)
        issuer = issuer_of(run.directory.provider)
        linked = LinkedIdentity.objects.filter(issuer=issuer, subject__in=subjects)
        return cls(
            run=run,
            members={row.subject: row for row in members},
            linked={row.subject: row for row in linked.select_related("last")},
        )

    def is_in(self, subject: str) -> bool:
        """Whether she counts as being in the directory; also who only signed in until now."""
        member = self.members.get(subject)
        return subject in self.linked if member is None else not member.out

    def difference(self, person: Person, groups: Iterable[str]) -> Difference | None:
        if not person.active:
            return self.goes(person.subject, "disabled") if self.is_in(person.subject) else None
        told, member = Told.of(person, groups), self.members.get(person.subject)
        if member is not None and not member.out and member.digest == told.digest:
            return None
        if member is not None and member.out:
            act = _Act.REOPEN
        else:
            act = _Act.CHANGE if person.subject in self.linked else _Act.CREATE
        lost = self._groups_before(person.subject) - set(told.groups)
        key, sealed = sealing.seal(
            self.run.pk, told.subject, {**told.plain(), "lost": sorted(lost)}
        )
        return Difference(
            run=self.run,
            subject=told.subject,
            act=act,
            removes=bool(lost) and act is _Act.CHANGE,
            key=key,
            sealed=sealed,
        )

    def goes(self, subject: str, why: str) -> Difference:
        return Difference(run=self.run, subject=subject, act=_Act.CLOSE, why=why, removes=True)

    def _groups_before(self, subject: str) -> set[str]:
        linked = self.linked.get(subject)
        before = last_identity.readable(getattr(linked, "last", None))
        return set(before.claims.texts("groups")) if before else set()
