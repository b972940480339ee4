"""Who had it when the review began, what was said of each, and what became of it."""

import csv
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import reviews, roles
from gateway.flows.errors import NotPermitted, ReviewClosed
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.relying_parties.models import RelyingParty
from gateway.reviews.models import Review
from provisioning.models import Account, HeldRole
from tests.gateway.flows.reviews.reviewing import (
    begun,
    by_hand,
    by_rule,
    decided,
    item,
    may,
    person,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "redis_url")


def test_everybody_who_has_it_is_in_it_once_with_where_she_has_it_from() -> None:
    ada, ben = person("ada"), person("ben")
    by_hand(ada, "payroll")
    by_rule(ada, "payroll")
    by_hand(ben, "deployer")
    gone = person("gone", is_active=False)
    by_hand(gone, "payroll")
    review = begun()
    [only] = review.items.all()
    assert only.account == ada
    assert only.origins == ["by hand (dora)", "rule clerks v1 (corp)"]
    event = AuditEvent.objects.get(event="access-review.begun")
    assert (event.actor, event.detail["items"], event.detail["subject"]) == ("dora", 1, "payroll")


def test_of_an_app_it_is_every_role_that_some_part_of_it_asks_for() -> None:
    for name in ("wiki-reader", "wiki-editor", "deployer"):
        by_hand(person(name), name)
    RelyingParty.objects.create(
        slug="wiki",
        name="Wiki",
        origins=["https://wiki.corp.example"],
        access=[
            {"path": "/", "roles": ["wiki-reader"]},
            {"path": "/edit", "roles": ["wiki-editor"]},
        ],
    )
    review = begun("wiki", about="app")
    assert {each.role for each in review.items.all()} == {"wiki-reader", "wiki-editor"}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"subject": "no-such-role"}, "subject"),
        ({"subject": "a\0b"}, "subject"),
        ({"subject": "empty"}, "subject"),
        ({"about": "app", "subject": "nobody"}, "subject"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"reviewer": "nobody"}, "reviewer"),
        ({"reviewer": "ada"}, "reviewer"),
        ({"reviewer": "a\0b"}, "reviewer"),
        ({"days": 0}, "days"),
        ({"days": 2**40}, "days"),
    ],
)
def test_what_no_review_can_be_is_told_at_its_field(wanted: dict[str, Any], field: str) -> None:
    by_hand(person("ada"), "payroll")
    Group.objects.create(name="empty")
    with pytest.raises(DefinitionInvalid) as refused:
        begun(**wanted)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert not Review.objects.exists()


def test_what_a_hand_gave_goes_at_once_and_what_is_kept_stays() -> None:
    ada, ben = person("ada"), person("ben")
    for each in (ada, ben):
        by_hand(each, "payroll")
    review = begun()
    decided(review, "keep", "ben", reason="runs it")
    done = decided(review, "remove", "ada", reason="moved to sales")
    assert (done.items, done.still_held) == (1, 0)
    assert roles.roles.effective(str(ada.pk)) == frozenset()
    assert roles.roles.effective(str(ben.pk)) == {"payroll"}
    assert item(review, "ada").gone_at is not None
    events = AuditEvent.objects.filter(event="access-review.decided").order_by("pk")
    assert [(each.account, each.detail["decision"]) for each in events] == [
        (str(ben.pk), "keep"),
        (str(ada.pk), "remove"),
    ]
    lost = AuditEvent.objects.get(event="role.lost")
    assert (lost.account, lost.actor) == (str(ada.pk), review.reviewer)


def test_what_a_rule_gives_stays_until_it_goes_and_the_review_watches() -> None:
    ada = person("ada")
    held = by_rule(ada, "payroll")
    review = begun()
    assert decided(review, "remove", "ada").still_held == 1
    assert reviews.count([review])[review.pk].still_held == 1
    assert HeldRole.objects.filter(pk=held.pk).exists()
    held.delete()
    closed = reviews.close(review.pk, actor="dora", now=timezone.now())
    assert reviews.count([closed])[closed.pk].still_held == 0
    assert item(review, "ada").gone_at is not None


def test_she_may_think_again_while_it_is_open_and_is_told_what_is_gone_already() -> None:
    by_rule(person("ada"), "payroll")
    by_hand(person("ben"), "payroll")
    review = begun()
    decided(review, "remove", "ada", "ben")
    assert decided(review, "keep", "ada", "ben").gone == 1
    assert item(review, "ada").decision == item(review, "ben").decision == "keep"
    lines = csv.DictReader("".join(reviews.lines(review)).splitlines())
    assert {line["username"]: line["outcome"] for line in lines} == {"ada": "held", "ben": "gone"}


def test_who_has_it_again_when_it_closes_is_not_gone() -> None:
    ada = person("ada")
    by_hand(ada, "payroll")
    review = begun()
    decided(review, "remove", "ada")
    assert item(review, "ada").gone_at is not None
    by_hand(ada, "payroll")
    reviews.close(review.pk, actor="dora", now=timezone.now())
    assert item(review, "ada").gone_at is None
    assert "still held" in "".join(reviews.lines(review))


def test_whoever_may_take_no_roles_begins_none_and_her_word_takes_none(eve: Account) -> None:
    by_hand(person("ada"), "payroll")
    may(eve, "view_review", "decide_review", "add_review")
    with pytest.raises(NotPermitted):
        begun(by=str(eve.pk))
    may(eve, "view_review", "decide_review", "add_review", "delete_heldrole")
    assert begun(by=str(eve.pk)).reviewer == str(eve.pk)


def test_about_what_opens_the_console_somebody_else_decides_than_who_asks(
    eve: Account, settings: Any
) -> None:
    may(eve, "view_review", "decide_review", "delete_heldrole")
    by_hand(person("ada"), settings.ENVIRONMENT.staff_role)
    with pytest.raises(DefinitionInvalid, match="somebody else"):
        begun(settings.ENVIRONMENT.staff_role, by=str(eve.pk))


def test_nobody_decides_who_may_not(eve: Account) -> None:
    by_hand(person("ada"), "payroll")
    may(eve, "view_review")
    with pytest.raises(DefinitionInvalid):
        begun()


def test_nobody_decides_about_herself(eve: Account) -> None:
    by_hand(eve, "payroll")
    review = begun()
    done = decided(review, "keep", "eve")
    assert (done.items, done.own) == (0, 1)
    assert item(review, "eve").decision == ""


def test_nobody_but_its_reviewer_decides() -> None:
    by_hand(person("ada"), "payroll")
    review = begun()
    with pytest.raises(NotPermitted):
        decided(review, "remove", "ada", actor=str(person("dora", is_staff=True).pk))
    assert item(review, "ada").decision == ""


def test_an_item_of_another_review_is_not_decided_in_this_one() -> None:
    by_hand(person("ada"), "payroll")
    first, second = begun(), begun(name="Another")
    reviews.decide(
        second,
        [item(first, "ada").pk],
        decision=item(first, "ada").Decision.REMOVE,
        reason="",
        actor=second.reviewer,
        now=timezone.now(),
    )
    assert item(first, "ada").decision == ""
    assert HeldRole.objects.exists()


def test_what_opens_the_console_to_a_break_glass_account_stays(settings: Any) -> None:
    staff = settings.ENVIRONMENT.staff_role
    glass = person("glass", kind=Account.Kind.BREAK_GLASS)
    by_hand(glass, staff)
    review = begun(staff)
    done = decided(review, "remove", "glass")
    assert (done.items, done.guarded) == (0, 1)
    assert HeldRole.objects.filter(account=glass).exists()


def test_after_it_closed_nothing_is_decided_and_the_record_vouches_for_its_evidence() -> None:
    by_hand(person("ada"), "payroll")
    by_hand(person("ben"), "payroll")
    review = begun()
    decided(review, "remove", "ada", reason="=cmd()")
    reviews.close(review.pk, actor="dora", now=timezone.now())
    with pytest.raises(ReviewClosed):
        decided(review, "remove", "ben")
    with pytest.raises(ReviewClosed):
        reviews.close(review.pk, actor="dora", now=timezone.now())
    text = "".join(reviews.lines(Review.objects.get()))
    event = AuditEvent.objects.get(event="access-review.closed")
    assert event.detail["evidence"] == sha256(text.encode()).hexdigest()
    assert {key: event.detail[key] for key in ("items", "undecided", "removed")} == {
        "items": 2,
        "undecided": 1,
        "removed": 1,
    }
    ada, ben = sorted(csv.DictReader(text.splitlines()), key=lambda line: line["username"])
    assert (ada["decision"], ada["reason"], ada["outcome"]) == ("remove", "'=cmd()", "gone")
    assert (ben["decision"], ben["outcome"]) == ("undecided", "held")


def test_how_many_there_are_costs_no_more_questions() -> None:
    for number in range(3):
        by_hand(person(f"p{number}"), "payroll")
    few = begun()
    for number in range(3, 40):
        by_hand(person(f"p{number}"), "payroll")
    many = begun(name="More")

    def asked(review: Review) -> int:
        with CaptureQueriesContext(connection) as captured:
            list(reviews.lines(review))
            reviews.count([review])
        return len(captured)

    assert asked(few) == asked(many)
