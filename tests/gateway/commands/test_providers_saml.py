"""Replacing our key at a SAML provider from the command line."""

import pytest
from django.core.management import CommandError, call_command

from providers.models import Provider
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import key_pair
from tests.journeys.browser import saml_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def test_each_call_takes_the_next_step_and_says_what_comes_then(capsys):
    saml_row(SamlProvider(), key_pair("gateway"))
    told = []
    for _ in range(3):
        call_command("providers", "rotate-keys", "corp-saml")
        told.append(capsys.readouterr().out)
    assert "published" in told[0]
    assert "signs" in told[1]
    assert "gone" in told[2]
    secrets = Provider.objects.get().open_secrets()
    assert secrets.keys() == {"sp_private_key", "sp_certificate"}
    assert secrets["sp_private_key"] != key_pair("gateway").key
    assert not any("PRIVATE" in words for words in told)


def test_the_step_over_saml_needs_no_second_word():
    saml_row(SamlProvider(), key_pair("gateway"))
    with pytest.raises(CommandError, match="each call takes the next step"):
        call_command("providers", "rotate-keys", "corp-saml", "--promote")
    assert "next_sp_private_key" not in Provider.objects.get().open_secrets()
