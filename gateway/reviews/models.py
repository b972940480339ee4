"""The tables of access reviews. Written by `gateway.flows.reviews` alone."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Review(models.Model):
    """One campaign: everybody who held a role, or whatever opens one app, at its beginning."""

    class About(models.TextChoices):
        ROLE = "role", _("a role")
        APP = "app", _("an app")

    MAX_NAME = 100

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=MAX_NAME)
    about = models.CharField(max_length=4, choices=About)
    subject = models.CharField(max_length=150, help_text="Name of the role, or slug of the app.")
    reviewer = models.CharField(max_length=200, help_text="Id of the account that is to decide.")
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_by = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_items = models.PositiveIntegerField(null=True, help_text="Lines of the evidence then.")
    evidence = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the evidence as it was when it closed."
    )
    # Of the mails: how far they are, whose turn it is, what went wrong.
    told = models.PositiveSmallIntegerField(default=0, help_text="The last stage that was told.")
    claimed_until = models.DateTimeField()
    mail_error = models.CharField(max_length=100, blank=True, help_text="A name, never a text.")

    class Meta:
        ordering = ["-made_at", "pk"]
        default_permissions = ("view", "add", "change")
        permissions = [("decide_review", "Can decide in access reviews that are hers")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def is_overdue(self, now: datetime) -> bool:
        return self.is_open and now >= self.due_at


class ReviewItem(models.Model):
    """One person and one role: where she had it from when the review began, and what was said."""

    class Decision(models.TextChoices):
        UNDECIDED = "", _("undecided")
        KEEP = "keep", _("keep")
        REMOVE = "remove", _("remove")

    MAX_REASON = 200

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="items")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_items"
    )
    role = models.CharField(max_length=150)
    origins = models.JSONField(help_text="Where she had it from, in words.")
    since = models.DateTimeField()
    decision = models.CharField(max_length=6, choices=Decision, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    gone_at = models.DateTimeField(null=True, help_text="When it was seen that she has it no more.")

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["review", "decision", "id"], name="review_item_decision")]
        constraints = [
            models.UniqueConstraint(fields=["review", "account", "role"], name="review_item_once"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None)
                | ~Q(decision="") & Q(decided_at__isnull=False),
                name="review_item_decided_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role}"
