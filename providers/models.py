"""The `Provider` row: one identity provider as an admin configured it.

Only this module reads the keys (`settings.PROVIDER_SECRET_KEYS`). Connectors get opened secrets
from the registry and never see a row.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models, transaction

from providers import secrets
from providers.errors import ProviderMisconfigured

# Providers of the same number: whoever spoke last has the word.
DEFAULT_PRECEDENCE = 100


class Provider(models.Model):
    """An upstream identity provider. Written by `gateway.flows.configure` alone."""

    class Protocol(models.TextChoices):
        OIDC = "oidc", "OpenID Connect"
        SAML = "saml", "SAML 2.0"

    class LinkPolicy(models.TextChoices):
        NEVER = "never", "Never: who comes from here is matched by issuer and subject alone"
        VERIFIED_EMAIL = "verified-email", "By verified e-mail, within the named domains"
        PROOF = "proof", "By proof: she signs in to her old account once more, within minutes"

    class Newcomers(models.TextChoices):
        CREATED = "created", "An account is made at the first sign-in"
        APPROVAL = "approval", "She waits until an administrator lets her in or joins her"
        TOLD = "told", "Only people of whom SCIM or a directory has told"
        REFUSED = "refused", "Nobody gets an account by signing in"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    protocol = models.CharField(max_length=10, choices=Protocol)
    dialect = models.CharField(max_length=20, help_text="How this vendor spells its claims.")
    vendor = models.CharField(max_length=20, blank=True, editable=False)  # whose guided form it has
    enabled = models.BooleanField(default=True)
    settings = models.JSONField(default=dict, blank=True)
    sealed_secrets = models.JSONField(default=dict, blank=True, editable=False)
    link_policy = models.CharField(
        max_length=20,
        choices=LinkPolicy,
        default=LinkPolicy.NEVER,
        help_text="Whether a person from here may join an account that another provider made.",
    )
    newcomers = models.CharField(
        max_length=20,
        choices=Newcomers,
        default=Newcomers.CREATED,
        db_default=Newcomers.CREATED,  # for a release that does not know it
        help_text="What becomes of a person from here whom no account knows.",
    )
    email_domains = models.JSONField(
        default=list,
        blank=True,
        help_text="The domains for whose addresses this provider's word is taken.",
    )
    profile = models.JSONField(
        default=dict,
        blank=True,
        help_text="By attribute: when a sign-in takes it, and from which claim.",
    )
    precedence = models.PositiveSmallIntegerField(
        default=DEFAULT_PRECEDENCE,
        help_text="Where a person has several providers, the lowest number has the word.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        # Of one row, to one person: she may draft the rules for its people.
        permissions = [("draft_rules", "Can draft the rules of one provider")]
        indexes = [models.Index(fields=["name"], name="provider_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def unfinished(self) -> bool:
        """It has its name and address here, and nobody has said yet whom to ask."""
        return not self.settings.keys() & {"issuer", "entity_id"}

    def secret(self, name: str) -> str:
        """The opened secret. Raises ProviderMisconfigured if it is missing or does not open."""
        sealed = self.sealed_secrets.get(name)
        if not isinstance(sealed, str):
            raise ProviderMisconfigured(f"secrets.{name}", "is not set")
        return secrets.unseal(settings.PROVIDER_SECRET_KEYS, str(self.pk), name, sealed)

    def open_secrets(self) -> dict[str, str]:
        """All of them by name. Raises ProviderMisconfigured."""
        return {name: self.secret(name) for name in self.sealed_secrets}

    def seal_secret(self, name: str, value: str) -> None:
        """Keeps the secret sealed in this row, which the caller saves."""
        sealed = secrets.seal(settings.PROVIDER_SECRET_KEYS, str(self.pk), name, value)
        self.sealed_secrets = {**self.sealed_secrets, name: sealed}


class SetUpLink(models.Model):
    """Lets its holder fill in one provider's guided form, and nothing else.

    Written by `gateway.flows.configure` alone.
    """

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="set_up_links")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of what the link carries
    holder = models.CharField(max_length=100)  # for whom it was made, in the admin's words
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)  # when the form was last saved by it

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.pk} {self.holder}"


class ProviderDomain(models.Model):
    """A domain of e-mail addresses that leads to a provider, or that somebody claims for it.

    It leads there while it is held: stated by the operator, or proven in DNS. A claim without proof
    is worth nothing and keeps nobody else away. Written by `gateway.flows.domains` alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, db_index=True)  # as `providers.domains` normalises
    token = models.CharField(max_length=64)  # of the TXT record; no secret
    stated = models.BooleanField(default=False)  # the operator's word: no proof is asked for
    required = models.BooleanField(default=False)  # its people sign in nowhere else
    held = models.BooleanField(default=False)
    counts_until = models.DateTimeField(null=True)  # of a proof; it is seen again before that
    missing_since = models.DateTimeField(null=True)  # a proof that stood once
    claimed_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)  # why the last look did not find it
    next_check_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "domain"], name="domain_of_provider_once"),
            models.UniqueConstraint(
                fields=["domain"], condition=models.Q(held=True), name="domain_held_once"
            ),
        ]

    def __str__(self) -> str:
        return self.domain

    def counts(self, now: datetime) -> bool:
        """Whether it leads to its provider now."""
        return self.held and (self.counts_until is None or self.counts_until > now)


def held_domains(now: datetime) -> models.QuerySet[ProviderDomain]:
    """Those that lead to their provider now, each to one."""
    lasting = models.Q(counts_until=None) | models.Q(counts_until__gt=now)
    return ProviderDomain.objects.filter(lasting, held=True)


class MetadataSource(models.Model):
    """Where a SAML provider publishes its metadata, and what was last taken from there.

    Written by `gateway.flows.configure` and `gateway.flows.metadata` alone.
    """

    provider = models.OneToOneField(
        Provider, on_delete=models.CASCADE, related_name="metadata_source"
    )
    url = models.CharField(max_length=2048)
    allowed_networks = models.JSONField(default=list)
    ca_certificates = models.JSONField(default=list)  # PEM
    proxy = models.CharField(max_length=300, blank=True)
    anchors = models.JSONField(default=list)  # PEM; with any, one of them must have signed it
    entity_id = models.CharField(max_length=1024, blank=True)  # of one among several entities
    taken = models.JSONField(default=dict)  # `IdpMetadata.facts`, as in force
    valid_until = models.DateTimeField(null=True)  # nobody signs in by it from then on
    fresh_until = models.DateTimeField(db_index=True)  # when it is read again
    checked_at = models.DateTimeField()
    error = models.CharField(max_length=500, blank=True)  # why it could not be read just now

    def __str__(self) -> str:
        return self.url


class HeldMetadata(models.Model):
    """A change of a provider's metadata that lowers security: for an admin to take or dismiss."""

    provider = models.OneToOneField(
        Provider, on_delete=models.CASCADE, related_name="held_metadata"
    )
    digest = models.CharField(max_length=64)  # SHA-256 over `facts`
    facts = models.JSONField()
    valid_until = models.DateTimeField(null=True)
    lowers = models.JSONField()  # in words
    since = models.DateTimeField()
    dismissed = models.BooleanField(default=False)  # not held again while it stays the same

    def __str__(self) -> str:
        return f"{self.provider_id} {self.digest}"


class ShadowSettings(models.Model):
    """A draft of a provider's settings that is judged beside the live ones, and what that found.

    Written by `gateway.flows.shadow` and `gateway.flows.draft` alone.
    """

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, related_name="shadow")
    author = models.CharField(max_length=64)  # an account
    since = models.DateTimeField()
    settings = models.JSONField()
    dialect = models.CharField(max_length=20)
    pasted = models.BooleanField(default=False)  # from metadata: its source is renewed no more
    # The live ones when the draft was made: promoting what was made of others would lose a change.
    live_settings = models.JSONField()
    live_dialect = models.CharField(max_length=20)
    judged = models.PositiveBigIntegerField(default=0)
    same = models.PositiveBigIntegerField(default=0)
    broken = models.PositiveBigIntegerField(default=0)  # the draft could not be judged at all
    differences = models.JSONField(default=list)  # the last ones, newest first, in words

    def __str__(self) -> str:
        return f"{self.provider_id} since {self.since}"

    @property
    def different(self) -> int:
        return self.judged - self.same - self.broken


def reseal_secrets() -> int:
    """Seals whatever an older key sealed under the newest one; how many secrets that were.

    Raises ProviderMisconfigured if one does not open: then none is changed.
    """
    newest = settings.PROVIDER_SECRET_KEYS()[0][0]
    count = 0
    with transaction.atomic():
        for provider in Provider.objects.select_for_update().order_by("pk"):
            old = [
                n for n, s in provider.sealed_secrets.items() if secrets.sealed_under(s) != newest
            ]
            for name in old:
                provider.seal_secret(name, provider.secret(name))
            if old:
                provider.save(update_fields=["sealed_secrets"])
            count += len(old)
    return count
