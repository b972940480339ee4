"""The same attacks at SAML rows of every form."""

import pytest

from providers.models import Provider
from tests.attack.test_command import attack
from tests.fakes.saml_provider import SamlProvider


def test_everything_is_refused_and_it_says_by_what(saml_idp: SamlProvider) -> None:
    status, printed = attack("--all")
    assert (status, "0 holes, 0 not proven" in printed) == (0, True), printed
    assert "saml.audiences-two (with key)" in printed


@pytest.mark.parametrize(
    "settings",
    [
        {"signed": "assertion", "encrypted": False},
        {"signed": "response", "encrypted": False},
        {"signed": "both", "encrypted": False},
        {"signed": "assertion", "encrypted": True},
        {"signed": "response", "encrypted": True},
        {"signed": "assertion", "name_id_format": "transient", "subject_attribute": "username"},
        {"authn_context": ["urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"]},
        {"sso_binding": "post", "name_id_format": "unspecified", "idp_initiated": True},
    ],
    ids=repr,
)
def test_whatever_the_row_asks_for_is_what_is_attacked(
    saml_idp: SamlProvider, settings: dict[str, object]
) -> None:
    row = Provider.objects.get()
    row.settings |= settings
    row.save()
    status, printed = attack()
    assert (status, "0 holes, 0 not proven" in printed) == (0, True), printed
