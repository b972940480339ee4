"""What is kept so that a provider can be asked about a signed-in person again.

A grant is sealed under the providers' keys, bound to its row. One worker has it at a time, on every
database, without a lock that would be held over the network: it takes the grant by moving its next
check on, and only one of two moves succeeds. A worker that dies is so forgotten after a while.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from providers import secrets
from providers.errors import ProviderMisconfigured, RequestUnknown
from providers.identity import ExternalIdentity, Subject
from provisioning.models import LinkedIdentity, UpstreamGrant

# Longer than all calls of one check together at their own limits.
TAKEN_FOR = timedelta(minutes=5)
# After a first failure to reach the provider; doubled with each further one.
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(minutes=30)
_NAME = "renewal"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenGrant:
    """A grant that nobody else has now."""

    id: uuid.UUID
    account: str
    subject: Subject
    provider: str  # slug
    session: str  # handle
    sealed: str = field(repr=False)

    def renewal(self) -> str:
        """What the connector kept. Raises RequestUnknown if it does not open."""
        try:
            return secrets.unseal(settings.PROVIDER_SECRET_KEYS, str(self.id), _NAME, self.sealed)
        except ProviderMisconfigured as error:
            raise RequestUnknown("what was kept to ask again does not open") from error


def keep(identity: ExternalIdentity, renewal: str, *, session: str, first_check: datetime) -> None:
    """For a session of this identity that has just been started."""
    subject = identity.subject
    grant = UpstreamGrant(
        linked_identity=LinkedIdentity.objects.get(issuer=subject.issuer, subject=subject.value),
        provider=identity.provider,
        session=session,
        next_check_at=first_check,
    )
    grant.sealed_renewal = _sealed(grant.pk, renewal)
    grant.save(force_insert=True)


def take_next(now: datetime) -> TakenGrant | None:
    """The grant that is due longest, for this caller alone; None if none is due."""
    while True:
        row = (
            UpstreamGrant.objects.filter(next_check_at__lte=now)
            .select_related("linked_identity")
            .first()
        )
        if row is None:
            return None
        mine = UpstreamGrant.objects.filter(pk=row.pk, next_check_at=row.next_check_at)
        if mine.update(next_check_at=now + TAKEN_FOR):
            linked = row.linked_identity
            return TakenGrant(
                id=row.pk,
                account=str(linked.account_id),
                subject=Subject(issuer=linked.issuer, value=linked.subject),
                provider=row.provider,
                session=row.session,
                sealed=row.sealed_renewal,
            )


def replace(grant: TakenGrant, renewal: str) -> None:
    """What takes the renewal's place; committed at once, whatever becomes of the check."""
    UpstreamGrant.objects.filter(pk=grant.id).update(sealed_renewal=_sealed(grant.id, renewal))


def checked(grant: TakenGrant, *, next_check: datetime) -> None:
    UpstreamGrant.objects.filter(pk=grant.id).update(next_check_at=next_check, failures=0)


def due_now(account: str, provider: str, now: datetime) -> frozenset[str]:
    """Has a provider asked about somebody at the next opportunity; the sessions for which it can
    be.
    """
    rows = UpstreamGrant.objects.filter(linked_identity__account__pk=account, provider=provider)
    rows.filter(next_check_at__gt=now).update(next_check_at=now)
    return frozenset(rows.values_list("session", flat=True))


def put_off(grant: TakenGrant, now: datetime) -> None:
    """The provider could not be reached: later, and later each time; its other people wait too."""
    row = UpstreamGrant.objects.filter(pk=grant.id).first()
    if row is None:
        return
    delay = min(FIRST_DELAY * (1 << min(row.failures, 10)), LONGEST_DELAY)
    row.failures, row.next_check_at = row.failures + 1, now + delay
    row.save(update_fields=["failures", "next_check_at"])
    others = UpstreamGrant.objects.filter(provider=grant.provider)
    others.filter(next_check_at__lte=now).update(next_check_at=now + FIRST_DELAY)


def forget(*sessions: str) -> None:
    """Of sessions that have ended."""
    UpstreamGrant.objects.filter(session__in=sessions).delete()


def forget_account(account: str) -> None:
    UpstreamGrant.objects.filter(linked_identity__account__pk=account).delete()


def reseal() -> int:
    """Seals whatever an older key sealed under the newest one; how many those were.

    Raises ProviderMisconfigured if one does not open: then none is changed.
    """
    newest = settings.PROVIDER_SECRET_KEYS()[0][0]
    count = 0
    with transaction.atomic():
        for row in UpstreamGrant.objects.select_for_update().order_by("pk"):
            if secrets.sealed_under(row.sealed_renewal) != newest:
                keys = settings.PROVIDER_SECRET_KEYS
                renewal = secrets.unseal(keys, str(row.pk), _NAME, row.sealed_renewal)
                row.sealed_renewal = _sealed(row.pk, renewal)
                row.save(update_fields=["sealed_renewal"])
                count += 1
    return count


def sealed_under(key_id: str) -> bool:
    """Whether any grant needs this key."""
    sealed = UpstreamGrant.objects.values_list("sealed_renewal", flat=True)
    return any(secrets.sealed_under(text) == key_id for text in sealed.iterator())


def _sealed(row: uuid.UUID, renewal: str) -> str:
    return secrets.seal(settings.PROVIDER_SECRET_KEYS, str(row), _NAME, renewal)
