"""News that somebody must go: all of it happens, or nothing; and once."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from gateway import wiring
from gateway.api_tokens.models import ApiToken
from gateway.audit.models import AuditEvent
from gateway.departures.models import Departure
from gateway.flows import api_tokens, ending, inbox
from gateway.flows.ending import Order
from gateway.flows.inbox import Act, Outcome, Source
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.why import Why
from provisioning.errors import AccountUnknown
from provisioning.models import Account, Closure, UpstreamGrant
from tests.gateway.flows.refusing import no_more_on_record, silent_redis
from tests.gateway.leaving import close, news, reopen
from tests.gateway.pages.signed_in import account, browser_of, linked, lives, staff, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def lost() -> Order:
    return Order(by="dora", reason="lost", at=timezone.now())


def on_record(*, besides: int = 0) -> list[tuple[str, dict[str, object]]]:
    """What is, besides the first ones."""
    return [(row.event, row.detail) for row in AuditEvent.objects.order_by("pk")[besides:]]


def token_of(person: Account) -> str:
    made = api_tokens.make(
        account=str(person.pk),
        name="backup",
        scopes=["providers:read"],
        days=1,
        actor="dora",
        now=timezone.now(),
    )
    return made.row.actor


def may_be_asked_again(person: Account, handle: str) -> None:
    UpstreamGrant.objects.create(
        linked_identity=linked(person),
        provider="corp-oidc",
        session=handle,
        sealed_renewal="sealed",
        next_check_at=timezone.now() + timedelta(minutes=5),
    )


def test_while_redis_is_silent_nobody_is_closed() -> None:
    ada = account("ada")
    session = start(ada)
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        close(ada.pk, id="n-1")
    ada.refresh_from_db()
    assert ada.is_active
    assert not AuditEvent.objects.exists()
    assert not Departure.objects.exists()
    assert lives(session.handle)
    assert close(ada.pk, id="n-1").sessions == 1


def test_what_cannot_be_put_on_record_ends_no_session() -> None:
    ada = account("ada")
    session = start(ada)
    with no_more_on_record(), pytest.raises(DatabaseError):
        close(ada.pk)
    ada.refresh_from_db()
    assert ada.is_active
    assert lives(session.handle)


def test_everything_of_hers_goes_in_one_step_and_one_row_says_why_and_whence() -> None:
    dora = staff()
    account("ben", is_staff=True)  # without somebody else who can administer it would be held
    program, session = token_of(dora), start(dora)
    may_be_asked_again(dora, session.handle)
    outcome = close(dora.pk, source=Source.SCIM, by="scim:corp", cause="active=false")
    assert (outcome.sessions, outcome.closed, outcome.repeated) == (1, True, False)
    assert not lives(session.handle)
    assert wiring.session_store().why_ended(session.handle).why is Why.ACCOUNT_CLOSED
    assert not UpstreamGrant.objects.exists()
    assert ApiToken.objects.get().revoked_at is not None
    [(event, detail)] = on_record(besides=1)
    assert event == "account.deactivated"
    assert detail == {
        "source": "scim",
        "reason": "active=false",
        "count": 1,
        "tokens": [program],
    }


@pytest.mark.parametrize("act", list(Act))
def test_the_same_news_twice_is_taken_once(act: Act) -> None:
    ada = account("ada")
    start(ada)
    first = inbox.take(news(ada.pk, act, id="jti-1"))
    reopen(ada.pk)
    rows, late = AuditEvent.objects.count(), start(ada)
    again = inbox.take(news(ada.pk, act, id="jti-1"))
    assert again == Outcome(sessions=1, repeated=True, departure=first.departure)
    assert lives(late.handle)
    ada.refresh_from_db()
    assert ada.is_active
    assert AuditEvent.objects.count() == rows


def test_news_of_one_name_is_other_news_of_another_person_or_sender() -> None:
    ada, ben = account("ada"), account("ben")
    taken = [
        inbox.take(news(who.pk, Act.END_SESSIONS, id="1", source=source, by=by))
        for who in (ada, ben)
        for source in (Source.SHARED_SIGNALS, Source.BACK_CHANNEL_LOGOUT)
        for by in ("corp", "other")
    ]
    assert not any(outcome.repeated for outcome in taken)
    assert Departure.objects.count() == 8


def test_closing_twice_ends_what_began_between_and_is_on_record_once() -> None:
    ada = account("ada")
    assert close(ada.pk).sessions == 0
    assert close(ada.pk) == Outcome()
    late = start(ada)  # as if by a sign-in that no lock held back
    assert close(ada.pk).sessions == 1
    assert not lives(late.handle)
    assert AuditEvent.objects.filter(event="account.deactivated").count() == 1


def test_a_second_source_that_closes_is_on_record_and_so_is_what_it_takes_back() -> None:
    ada = account("ada")
    close(ada.pk)
    close(ada.pk, source=Source.DIRECTORY, by="ldap", cause="gone")
    asked = {"source": Source.DIRECTORY, "by": "ldap", "cause": "there again"}
    assert not inbox.lift(account=str(ada.pk), at=timezone.now(), **asked)
    assert not inbox.lift(account=str(ada.pk), at=timezone.now(), **asked)
    assert on_record(besides=1) == [
        (
            "account-closure.added",
            {"source": "directory", "reason": "gone", "count": 0, "tokens": []},
        ),
        (
            "account-closure.lifted",
            {"source": "directory", "reason": "there again", "left": ["console"]},
        ),
    ]
    assert reopen(ada.pk)
    assert not Closure.objects.exists()


def test_news_about_one_session_leaves_the_others() -> None:
    ada = account("ada")
    named, other = start(ada), start(ada)
    may_be_asked_again(ada, other.handle)
    live = wiring.session_store().of_account(str(ada.pk))
    told = tuple(each for each in live if each[0] == named.handle)
    source = Source.BACK_CHANNEL_LOGOUT
    outcome = inbox.take(news(ada.pk, Act.END_SESSIONS, source=source, by="corp", sessions=told))
    assert outcome.sessions == 1
    assert not lives(named.handle)
    assert lives(other.handle)
    assert UpstreamGrant.objects.count() == 1
    assert on_record() == [
        (
            "session.ended",
            {"source": "back-channel-logout", "reason": "left", "provider": "corp-oidc"},
        )
    ]


@pytest.mark.parametrize("source", list(Source))
def test_her_programs_stop_with_her_sessions_where_somebody_else_may_have_them(
    source: Source,
) -> None:
    dora = staff()
    token_of(dora)
    inbox.take(news(dora.pk, Act.END_SESSIONS, source=source, by="x"))
    strange = source in {Source.GLOBAL_TOKEN_REVOCATION, Source.PERSON}
    assert (ApiToken.objects.get().revoked_at is not None) == strange


def test_words_that_a_stranger_chose_are_kept_plain() -> None:
    ada = account("ada")
    token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ." + "x" * 43
    close(ada.pk, source=Source.SCIM, by="x\0" * 300, cause=f"because {token}")
    row = Departure.objects.get()
    assert token not in row.cause
    assert "\0" not in row.by
    assert not inbox.lift(
        account=str(ada.pk), source=Source.SCIM, by="x\0", cause="", at=timezone.now()
    )
    assert inbox.lift(
        account=str(ada.pk), source=Source.SCIM, by="x\0" * 300, cause="", at=timezone.now()
    )


def test_signing_somebody_out_everywhere_is_on_record_with_how_many_and_why() -> None:
    ada = account("ada")
    sessions = [start(ada), start(ada)]
    ending.of_account(str(ada.pk), lost())
    event = AuditEvent.objects.get()
    assert (event.event, event.actor) == ("sessions.ended", "dora")
    assert event.detail == {"count": 2, "reason": "lost"}
    assert not any(lives(session.handle) for session in sessions)


def test_reopening_is_on_record_with_who_did_it() -> None:
    ada = account("ada", is_active=False)
    assert reopen(ada.pk)
    event = AuditEvent.objects.get()
    assert (event.event, event.actor, event.account) == (
        "account.reactivated",
        "dora",
        str(ada.pk),
    )
    assert not reopen(ada.pk)
    assert AuditEvent.objects.count() == 1


def test_nobody_is_signed_out_who_is_not_there() -> None:
    for nobody in ("zoe", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(AccountUnknown):
            ending.of_account(nobody, lost())
        for act in Act:
            with pytest.raises(AccountUnknown):
                inbox.take(news(nobody, act))
    assert not AuditEvent.objects.exists()


def test_a_closed_person_whose_session_is_still_there_is_nobody() -> None:
    ada = account("ada")
    client = browser_of(ada)
    assert client.get("/").status_code == 200
    Account.objects.update(is_active=False)  # past every flow
    assert client.get("/").status_code == 302
    asked = f"/entry?id=abcdefgh&nonce={'0' * 64}&origin=https://wiki.corp.example"
    assert client.get(asked)["Location"].startswith("/sign-in?")
    assert wiring.session_store().of_account(str(ada.pk))
