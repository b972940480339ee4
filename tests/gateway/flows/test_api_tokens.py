"""API tokens: shown once, kept as a hash, ended at once, and never more than their author may."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.api_tokens.models import ApiToken
from gateway.audit.models import AuditEvent
from gateway.flows import api_tokens
from gateway.flows.errors import TokenAuthorGone, TokenEnded, TokenUnknown
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.tokens.credentials import looks_like_credential
from provisioning.models import Account
from tests.gateway.leaving import close, reopen
from tests.gateway.pages.signed_in import account, staff

pytestmark = pytest.mark.usefixtures("db", "redis_url")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def make(person: Account, **said: object) -> api_tokens.MadeToken:
    wanted = {"name": "terraform", "scopes": ["providers:read"], "days": 90, "actor": "dora"}
    return api_tokens.make(account=str(person.pk), now=NOW, **(wanted | said))  # type: ignore[arg-type]


def test_a_token_is_256_random_bits_behind_a_prefix_and_its_row_has_the_hash_alone() -> None:
    made = make(staff())
    prefix, _, bits = made.text.partition("_")
    assert (prefix, len(bits)) == ("ghat", 43)
    assert looks_like_credential(f"said {made.text[:20]}")
    assert made.text not in repr(made)
    assert made.text not in str(list(ApiToken.objects.values()))
    assert bits not in str(list(AuditEvent.objects.values()))
    assert api_tokens.opened(made.text, now=NOW) == made.row


def test_making_and_revoking_are_on_record() -> None:
    dora = staff()
    row = make(dora).row
    api_tokens.revoke(row.pk, actor="ben", now=NOW)
    made, revoked = AuditEvent.objects.order_by("id")
    assert (made.event, made.actor, made.account) == ("api-token.made", "dora", str(dora.pk))
    assert made.detail == {
        "token": row.actor,
        "name": "terraform",
        "scopes": ["providers:read"],
        "expires_at": (NOW + timedelta(days=90)).isoformat(),
    }
    assert (revoked.event, revoked.actor) == ("api-token.revoked", "ben")
    assert revoked.detail == {"token": row.actor, "name": "terraform"}


@pytest.mark.parametrize("text", ["", "ghat_", "ghat_nonsense", "\ud800", "x" * 10_000])
def test_what_is_no_token_opens_nothing(text: str) -> None:
    make(staff())
    with pytest.raises(TokenUnknown):
        api_tokens.opened(text, now=NOW)


def test_it_ends_on_its_day_and_not_before() -> None:
    made = make(staff(), days=1)
    end = NOW + timedelta(days=1)
    assert api_tokens.opened(made.text, now=end - timedelta(seconds=1))
    with pytest.raises(TokenEnded):
        api_tokens.opened(made.text, now=end)


def test_a_revoked_token_opens_nothing_from_then_on() -> None:
    made = make(staff())
    assert api_tokens.revoke(made.row.pk, actor="dora", now=NOW)
    with pytest.raises(TokenEnded):
        api_tokens.opened(made.text, now=NOW)
    assert not api_tokens.revoke(made.row.pk, actor="dora", now=NOW)
    assert AuditEvent.objects.filter(event="api-token.revoked").count() == 1
    with pytest.raises(TokenUnknown):
        api_tokens.revoke(made.row.pk + 1, actor="dora", now=NOW)


def test_it_stops_with_its_author() -> None:
    dora = staff()
    made = make(dora)
    for state in ({"is_active": False, "is_staff": True}, {"is_active": True, "is_staff": False}):
        Account.objects.update(**state)
        with pytest.raises(TokenAuthorGone):
            api_tokens.opened(made.text, now=NOW)
    close(dora.pk)
    reopen(dora.pk)
    Account.objects.update(is_staff=True)
    with pytest.raises(TokenEnded):
        api_tokens.opened(made.text, now=NOW)


def test_when_it_was_used_is_kept_to_five_minutes() -> None:
    made = make(staff())
    for seconds, stamped in ((0, 0), (299, 0), (300, 300), (301, 300)):
        api_tokens.opened(made.text, now=NOW + timedelta(seconds=seconds))
        used = ApiToken.objects.get().last_used_at
        assert used == NOW + timedelta(seconds=stamped)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["providers:read", "everything"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
    ],
)
def test_what_no_token_can_be_is_told_by_its_field(said: dict[str, object], field: str) -> None:
    with pytest.raises(DefinitionInvalid) as caught:
        make(staff(), **said)
    assert [fault.field for fault in caught.value.faults] == [field]
    assert not ApiToken.objects.exists()


def test_two_living_tokens_of_one_person_have_two_names() -> None:
    dora = staff()
    first = make(dora)
    with pytest.raises(DefinitionInvalid):
        make(dora)
    api_tokens.revoke(first.row.pk, actor="dora", now=NOW)
    assert make(dora).row.pk != first.row.pk


def test_whom_the_console_does_not_let_in_has_no_program_either() -> None:
    with pytest.raises(DefinitionInvalid):
        make(account("ada"))
