"""What django-allauth keeps of second factors, sealed by the key ring; by itself it would be clear.

The key is that of the providers' secrets: `manage.py secrets rotate` seals these anew as well.
"""

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings

from gateway.config.keyring import KeyRing, KeyUse
from gateway.tokens.seal import seal, unseal

_PURPOSE = "second factor"
# In the library's `data`: the secret of an app's codes, the seed of the recovery codes.
_SEALED = ("secret", "seed")


class SealingAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(_ring().active(KeyUse.SECRETS), text.encode(), _PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises SealBroken."""
        return unseal(_ring().all(KeyUse.SECRETS), encrypted_text, _PURPOSE).decode()


def reseal() -> int:
    """Seals every factor under the newest key, in the caller's transaction; how many were not yet.
    Raises SealBroken.
    """
    newest, adapter, count = _ring().active(KeyUse.SECRETS).id, SealingAdapter(), 0
    for row in Authenticator.objects.select_for_update().order_by("pk"):
        old = [name for name in _SEALED if name in row.data and _key(row.data[name]) != newest]
        for name in old:
            row.data[name] = adapter.encrypt(adapter.decrypt(row.data[name]))
        if old:
            row.save(update_fields=["data"])
            count += 1
    return count


def sealed_under(key_id: str) -> bool:
    """Whether a factor needs this key."""
    return any(
        name in data and _key(data[name]) == key_id
        for data in Authenticator.objects.values_list("data", flat=True)
        for name in _SEALED
    )


def _key(sealed: str) -> str:
    return sealed.partition(".")[0]


def _ring() -> KeyRing:
    ring: KeyRing = settings.KEY_RING.current()
    return ring
