"""The tables of SCIM connections, and of the people and groups that each of them told about."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from providers.models import Provider
from provisioning.models import LinkedIdentity

ISSUER = "urn:gatehouse:scim:"
MAX_TEXT = 500  # letters of a name that is unique


class ScimConnection(models.Model):
    """One provider's way to push its people and groups here. It sees its own alone."""

    slug = models.SlugField(
        _("short name"), max_length=50, unique=True, help_text=_("Part of its address.")
    )
    name = models.CharField(_("name"), max_length=200)
    provider = models.ForeignKey(
        Provider,
        on_delete=models.CASCADE,
        related_name="scim_connections",
        verbose_name=_("provider"),
    )
    external_id_is_subject = models.BooleanField(
        _("externalId names who signs in"),
        default=False,
        help_text=_("What it sends as externalId is the subject that the provider signs in."),
    )
    created_at = models.DateTimeField(_("made"))

    class Meta:
        ordering = ["slug"]
        verbose_name = _("SCIM connection")

    def __str__(self) -> str:
        return self.name

    @property
    def issuer(self) -> str:
        """Of the linked identities of its people."""
        return f"{ISSUER}{self.slug}"

    @property
    def actor(self) -> str:
        """How the record names it."""
        return f"scim:{self.slug}"


class ScimToken(models.Model):
    """By which a connection shows itself. Its row has the SHA-256 alone."""

    connection = models.ForeignKey(
        ScimConnection,
        on_delete=models.CASCADE,
        related_name="tokens",
        verbose_name=_("connection"),
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(_("ends"))
    last_used_at = models.DateTimeField(_("last used"), null=True)  # to five minutes
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("SCIM token")

    def __str__(self) -> str:
        return f"{self.connection_id}:{self.pk}"

    def ended(self, now: datetime) -> bool:
        return self.revoked_at is not None or now >= self.expires_at

    @classmethod
    def living(cls, now: datetime) -> "models.QuerySet[ScimToken]":
        return cls.objects.filter(revoked_at=None, expires_at__gt=now)


class _Resource(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    external_id = models.CharField(max_length=MAX_TEXT, blank=True)
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    class Meta:
        abstract = True

    @property
    def etag(self) -> str:
        return f'W/"{self.version}"'


class ScimUser(_Resource):
    """A person as one connection told of her. One that it deleted stays, unseen, so that she comes
    back to her own account.
    """

    connection = models.ForeignKey(ScimConnection, on_delete=models.CASCADE, related_name="users")
    linked_identity = models.OneToOneField(
        LinkedIdentity, on_delete=models.SET_NULL, null=True, related_name="scim_user"
    )
    user_name = models.CharField(max_length=MAX_TEXT)
    user_name_key = models.CharField(max_length=MAX_TEXT, editable=False)  # as it is compared
    active = models.BooleanField(default=True)
    content = models.JSONField(default=dict)  # the attributes, as RFC 7643 spells them
    sought = models.JSONField(default=dict)  # texts by their path, as they are compared
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "user_name_key"],
                condition=Q(deleted_at=None),
                name="scim_user_name_once",
            ),
            models.UniqueConstraint(
                fields=["connection", "external_id"],
                condition=~Q(external_id=""),
                name="scim_user_external_id_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "id"], condition=Q(deleted_at=None), name="scim_user_page"
            ),
            models.Index(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="scim_user_external_id",
            ),
        ]

    def __str__(self) -> str:
        return self.user_name


class ScimValue(models.Model):
    """One value of an attribute of a person that has several, as filters compare it."""

    user = models.ForeignKey(ScimUser, on_delete=models.CASCADE, related_name="values")
    attribute = models.CharField(max_length=30)
    keys = models.JSONField(default=dict)  # sub-attributes by name, as they are compared

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["user", "attribute"], name="scim_value_of_user")]

    def __str__(self) -> str:
        return self.attribute


class ScimGroup(_Resource):
    connection = models.ForeignKey(ScimConnection, on_delete=models.CASCADE, related_name="groups")
    display_name = models.CharField(max_length=MAX_TEXT)
    display_name_key = models.CharField(max_length=MAX_TEXT, editable=False)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["connection", "id"], name="scim_group_page"),
            models.Index(fields=["connection", "display_name_key"], name="scim_group_display_name"),
        ]

    def __str__(self) -> str:
        return self.display_name


class ScimMembership(models.Model):
    group = models.ForeignKey(ScimGroup, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(ScimUser, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "user"], name="scim_membership_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"
