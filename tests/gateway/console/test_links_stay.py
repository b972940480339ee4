"""Whose an identity is, and who it is, nobody changes: neither console nor API has a way."""

import pytest
from django.urls import URLPattern, get_resolver

from provisioning.models import LinkedIdentity
from tests.gateway.pages.signed_in import account, browser_of, linked, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

ROWS = "/admin/provisioning/linkedidentity/"
_THEN = (
    (0, "2026-03-02"),
    (1, "09:00:00"),
)  # a form that is whole: it is not its gaps that stop it


@pytest.mark.parametrize("verb", ["change", "delete", "history"])
def test_not_even_an_administrator_with_all_permissions_points_a_link_at_another_account(
    verb: str,
) -> None:
    row, other = linked(account("ada"), "subject-1"), account("ben")
    dora = staff()
    dora.is_superuser = True
    dora.save()
    fields = {
        "account": str(other.pk),
        "issuer": "https://x.example",
        "subject": "y",
        "provider": row.provider,
        "post": "yes",
        **{f"{when}_seen_{part}": said for when in ("first", "last") for part, said in _THEN},
    }
    browser_of(dora).post(f"{ROWS}{row.pk}/{verb}/", fields)
    browser_of(dora).post(f"{ROWS}add/", fields)
    kept = LinkedIdentity.objects.get()
    assert (kept.account, kept.issuer, kept.subject) == (row.account, row.issuer, row.subject)


def test_no_address_of_the_api_writes_identities() -> None:
    below = [
        str(each.pattern)
        for each in get_resolver().url_patterns
        if isinstance(each, URLPattern) and str(each.pattern).startswith("api/")
    ]
    assert below
    assert not [each for each in below if "identit" in each or "link" in each or "waiting" in each]
