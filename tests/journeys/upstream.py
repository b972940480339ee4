"""People of whom some provider has told, without a sign-in."""

from django.utils import timezone

from provisioning.models import Account, LinkedIdentity


def vouched_for(issuer: str, subject: str, *, provider: str, **fields: str) -> str:
    """The account of one identity."""
    account = Account.objects.create(username=f"{subject}@{provider}")
    now = timezone.now()
    LinkedIdentity.objects.create(
        account=account,
        issuer=issuer,
        subject=subject,
        provider=provider,
        first_seen=now,
        last_seen=now,
        **fields,
    )
    return str(account.pk)
