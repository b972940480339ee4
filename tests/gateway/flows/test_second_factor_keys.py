"""Second factors are sealed under the key ring, and follow it when a key is turned over."""

import shutil
from dataclasses import replace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings as django_settings
from django.utils import timezone

from gateway.break_glass import adapter, factors
from gateway.config.keyring import KeyRingFile, KeyUse
from gateway.flows import keys
from provisioning import jit
from provisioning.models import Account

pytestmark = pytest.mark.usefixtures("db", "redis_url")


def test_they_are_sealed_anew_and_only_then_the_old_key_goes(settings, tmp_path) -> None:
    ring = tmp_path / "ring.json"
    shutil.copy(django_settings.ENVIRONMENT.key_ring, ring)
    settings.ENVIRONMENT = replace(
        settings.ENVIRONMENT, key_ring=ring, edge_key_ring=tmp_path / "edge.json"
    )
    settings.KEY_RING = KeyRingFile(ring)
    now = timezone.now()
    made, _ = jit.break_glass_account("dora@corp.example", now=now)
    account = Account.objects.get(pk=made)
    secret = factors.new_secret()
    factors.add_app(account, secret, used=0)
    codes = factors.recovery_codes(account)
    old = settings.KEY_RING.current().active(KeyUse.SECRETS).id
    new = keys.rotate(KeyUse.SECRETS, at_once=True, now=now)
    settings.KEY_RING = KeyRingFile(ring)
    assert adapter.sealed_under(old)
    with pytest.raises(keys.KeyInUse):
        keys.retire(old, now=now)
    assert keys.rotate_secrets(now=now) == 2
    assert adapter.sealed_under(new)
    assert not adapter.sealed_under(old)
    keys.retire(old, now=now)
    settings.KEY_RING = KeyRingFile(ring)
    code = format_hotp_value(hotp_value(secret, int(now.timestamp()) // 30))
    assert factors.use_code(account, code, now)
    assert not factors.use_code(account, code, now)
    assert factors.recovery_codes(account) == codes
    assert secret not in str(list(Authenticator.objects.values()))
