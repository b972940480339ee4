"""A real Keycloak's people are asked about again."""

from django.utils import timezone

from gateway.flows import deliver
from gateway.flows.recheck import recheck
from providers.models import Provider
from provisioning.models import UpstreamGrant


def set_row(**settings: object) -> None:
    row = Provider.objects.get(slug="corp-oidc")
    row.settings |= settings
    row.save()


def asked_again() -> int:
    """Now instead of in five minutes: nobody turns a real Keycloak's clock."""
    now = timezone.now()
    UpstreamGrant.objects.update(next_check_at=now)
    count = recheck(now=now)
    deliver.deliver(now=timezone.now())
    return count
