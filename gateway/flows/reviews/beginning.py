"""Beginning a review: who holds what is looked at once, so that nobody slips out of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import Group
from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.errors import NotPermitted
from gateway.flows.reviews.reminding import TASK
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from gateway.relying_parties.models import RelyingParty
from gateway.reviews.models import Review, ReviewItem
from provisioning.models import Account, HeldRole
from provisioning.power import giving_power
from provisioning.standing import origin

DAYS, MAX_DAYS = 14, 180
MAX_ITEMS = 50_000
TAKES_ROLES = "provisioning.delete_heldrole"
DECIDES = ("reviews.view_review", "reviews.decide_review")
_CHUNK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedReview:
    name: str
    about: str  # a `Review.About`
    subject: str  # name of the role, or slug of the app
    reviewer: str  # username
    days: int = DAYS


def begin(wanted: WantedReview, *, actor: str, now: datetime) -> Review:
    """With an item for each open account that holds it. What is removed in it, is removed by leave
    of whoever begins it.

    Raises NotPermitted for whoever may take no roles, DefinitionInvalid.
    """
    by = Account.objects.acting(actor)
    if by is not None and not by.has_perm(TAKES_ROLES):
        raise NotPermitted("a review takes roles, and you may take none")
    roles = _roles(wanted)
    reviewer = reviewer_called(wanted.reviewer)
    faults = [*_faults(wanted, roles, reviewer)]
    if reviewer is not None and reviewer == by and giving_power(roles, wiring.config().staff_role):
        problem = "must be somebody else than you, for it is about what opens the console"
        faults.append(FieldFault(field="reviewer", problem=problem))
    if faults or reviewer is None:
        raise DefinitionInvalid(tuple(faults))
    with transaction.atomic():
        review = Review.objects.create(
            name=wanted.name.strip(),
            about=wanted.about,
            subject=wanted.subject,
            reviewer=str(reviewer.pk),
            made_by=actor,
            made_at=now,
            due_at=now + timedelta(days=wanted.days),
            claimed_until=now,
        )
        made = _kept(review, roles)
        if made == 0:
            fault = FieldFault(field="subject", problem="is held by nobody: nothing to review")
            raise DefinitionInvalid((fault,))
        detail = {
            "review": str(review.pk),
            "about": review.about,
            "subject": review.subject,
            "reviewer": review.reviewer,
            "items": made,
        }
        record(Event.REVIEW_BEGUN, actor=actor, detail=detail, at=now)
        transaction.on_commit(partial(wiring.wake, TASK))
    wiring.wake("audit.seal")
    return review


def _faults(
    wanted: WantedReview, roles: frozenset[str], reviewer: Account | None
) -> Iterator[FieldFault]:
    name = wanted.name.strip()
    if not name or len(name) > Review.MAX_NAME or not name.isprintable():
        problem = f"must be text of {Review.MAX_NAME} letters at most"
        yield FieldFault(field="name", problem=problem)
    if not 1 <= wanted.days <= MAX_DAYS:
        yield FieldFault(field="days", problem=f"must be between 1 and {MAX_DAYS}")
    if reviewer is None:
        yield FieldFault(field="reviewer", problem="is nobody who may decide in reviews")
    if not roles:
        yield FieldFault(field="subject", problem=_nothing(wanted))
    elif HeldRole.objects.filter(role__name__in=roles).count() > MAX_ITEMS:
        problem = f"is held more than {MAX_ITEMS} times: review its apps or roles one by one"
        yield FieldFault(field="subject", problem=problem)


def _nothing(wanted: WantedReview) -> str:
    if wanted.about == Review.About.APP:
        return "is no app, or one that lets in everybody who is signed in: it asks for no role"
    return "is no role"


def _roles(wanted: WantedReview) -> frozenset[str]:
    """What is looked at: the role itself, or whatever the app asks for anywhere."""
    if not wanted.subject.isprintable():  # PostgreSQL takes no NUL in a question
        return frozenset()
    if wanted.about == Review.About.APP:
        app = RelyingParty.objects.filter(slug=wanted.subject).first()
        return frozenset(role for each in (app.access if app else ()) for role in each["roles"])
    found = Group.objects.filter(name=wanted.subject)
    return frozenset(found.values_list("name", flat=True))


def reviewer_called(username: str) -> Account | None:
    """Who may open the console, and decide there."""
    if not username.isprintable():
        return None
    people = Account.objects.filter(username=username.strip().lower(), is_active=True)
    found = people.filter(is_staff=True, kind=Account.Kind.PERSON).first()
    return found if found is not None and found.has_perms(DECIDES) else None


def _kept(review: Review, roles: Iterable[str]) -> int:
    held = HeldRole.objects.filter(role__name__in=roles, account__is_active=True)
    rows = held.select_related("role", "linked_identity").order_by("account", "role__name")
    items: dict[tuple[object, str], ReviewItem] = {}
    for row in rows.iterator(_CHUNK):
        item = items.get((row.account_id, row.role.name))
        if item is None:
            item = items[row.account_id, row.role.name] = ReviewItem(
                review=review,
                account_id=row.account_id,
                role=row.role.name,
                origins=[],
                since=row.since,
            )
        item.since = min(item.since, row.since)
        item.origins.append(origin(row))
    ReviewItem.objects.bulk_create(items.values(), batch_size=_CHUNK)
    return len(items)
