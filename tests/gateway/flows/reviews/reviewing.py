"""A company in which Dora asks Eve who still needs what."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from gateway.flows import reviews
from gateway.flows.reviews import WantedReview
from gateway.reviews.models import Review, ReviewItem
from provisioning.models import Account, HeldRole, LinkedIdentity

NOW = timezone.now()


def person(username: str, **fields: Any) -> Account:
    return Account.objects.create(
        username=username, name=username.title(), created_at=NOW, **fields
    )


def by_hand(account: Account, role: str) -> None:
    group, _ = Group.objects.get_or_create(name=role)
    HeldRole.objects.create(
        account=account, role=group, origin=HeldRole.Origin.HAND, given_by="dora", since=NOW
    )
    account.groups.add(group)


def by_rule(account: Account, role: str) -> HeldRole:
    group, _ = Group.objects.get_or_create(name=role)
    linked, _ = LinkedIdentity.objects.get_or_create(
        account=account,
        issuer="https://idp.corp.example",
        subject=account.username,
        defaults={"provider": "corp", "first_seen": NOW, "last_seen": NOW},
    )
    account.groups.add(group)
    return HeldRole.objects.create(
        account=account,
        role=group,
        origin=HeldRole.Origin.RULE,
        linked_identity=linked,
        rule="clerks",
        ruleset_version=1,
        because=["groups has clerks"],
        since=NOW - timedelta(days=9),
    )


def may(account: Account, *codenames: str) -> None:
    account.user_permissions.set(Permission.objects.filter(codename__in=codenames))


def begun(
    subject: str = "payroll", *, about: str = "role", by: str = "dora", **wanted: Any
) -> Review:
    asked = {"name": "Payroll, autumn", "reviewer": "eve"} | wanted
    return reviews.begin(
        WantedReview(about=about, subject=subject, **asked), actor=by, now=timezone.now()
    )


def item(review: Review, username: str) -> ReviewItem:
    return review.items.get(account__username=username)


def decided(review: Review, decision: str, *usernames: str, **fields: Any) -> reviews.Decided:
    keys = [item(review, username).pk for username in usernames]
    asked = {"actor": review.reviewer, "now": timezone.now(), "reason": ""} | fields
    return reviews.decide(review, keys, decision=ReviewItem.Decision(decision), **asked)
