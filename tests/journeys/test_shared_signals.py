"""A provider tells over a stream what happened to its people: pushed to the gateway."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.departures.models import Departure
from gateway.flows.inbox import Act, News, Source, take
from gateway.flows.signals import receiving, streams
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.streams.models import ReceivedSet
from providers.models import Provider
from provisioning.models import Account
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.ssf_transmitter import (
    CAEP,
    RISC,
    SsfTransmitter,
)
from tests.gateway.flows.refusing import no_more_on_record
from tests.journeys.browser import Browser
from tests.journeys.signalling import (
    DISABLED,
    ENABLED,
    REVOKED,
    ada,
    pushed,
    session_of,
    signed_in,
    stream,
    transmitter,
)
from tests.journeys.upstream import vouched_for

__all__ = ["stream", "transmitter"]


def test_a_revoked_session_ends_all_of_hers_and_nobody_elses(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    hers, his = [signed_in(), signed_in()], signed_in("ben")
    answer = pushed(stream, transmitter.event(REVOKED, session_of(ada(idp), "ALL")))
    assert (answer.status_code, answer.content) == (202, b"")
    assert [each.session for each in hers] == [None, None]
    assert his.session is not None
    event = AuditEvent.objects.get(event="sessions.ended")
    assert (event.actor, event.detail["source"]) == ("corp-oidc", "shared-signals")
    assert event.detail["reason"] == "session-revoked"


def test_one_named_session_ends_and_her_others_go_on(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    idp.lie.claims["sid"] = "his"
    signed_in("ben")
    idp.lie.claims["sid"] = "one"
    named = signed_in()
    idp.lie.claims["sid"] = "two"
    other = signed_in()
    # The name of a session that is not his touches nobody.
    pushed(stream, transmitter.event(REVOKED, session_of(ada(idp) | {"sub": "ben-0001"}, "one")))
    assert named.session is not None
    answer = pushed(stream, transmitter.event(REVOKED, session_of(ada(idp), "one")))
    assert answer.status_code == 202
    assert named.session is None
    assert other.session is not None


def test_a_disabled_account_is_closed_until_it_is_enabled_again(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    browser = signed_in()
    assert pushed(stream, transmitter.event(DISABLED, ada(idp))).status_code == 202
    assert browser.session is None
    assert Browser().sign_in().status_code == 403
    assert pushed(stream, transmitter.event(ENABLED, ada(idp))).status_code == 202
    assert signed_in().session is not None


def test_what_somebody_else_closed_it_does_not_open(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    signed_in()
    person = Account.objects.get(username="ada")
    take(
        News(
            account=str(person.pk),
            act=Act.CLOSE,
            source=Source.CONSOLE,
            by="dora",
            cause="left",
            at=timezone.now(),
        )
    )
    pushed(stream, transmitter.event(ENABLED, ada(idp)))
    person.refresh_from_db()
    assert not person.is_active


ENDS = {
    "sessions revoked, older name": (f"{RISC}sessions-revoked", {}, True),
    "credential revoked": (f"{CAEP}credential-change", {"change_type": "revoke"}, True),
    "credential deleted": (f"{CAEP}credential-change", {"change_type": "delete"}, True),
    "credential changed": (f"{CAEP}credential-change", {"change_type": "update"}, False),
    "not compliant": (
        f"{CAEP}device-compliance-change",
        {"current_status": "not-compliant"},
        True,
    ),
    "compliant": (f"{CAEP}device-compliance-change", {"current_status": "compliant"}, False),
    "assurance": (f"{CAEP}assurance-level-change", {"current_level": "nist-aal1"}, False),
    "purged": (f"{RISC}account-purged", {}, True),
    "claims, and nobody may ask": (f"{CAEP}token-claims-change", {"claims": {"a": 1}}, True),
    "something else": ("https://schemas.example/whatever", {}, False),
}


@pytest.mark.parametrize(("kind", "payload", "ends"), ENDS.values(), ids=list(ENDS))
def test_each_kind_does_what_is_prudent_unless_somebody_said_otherwise(
    idp: OidcProvider,
    transmitter: SsfTransmitter,
    stream: streams.ConnectedStream,
    kind: str,
    payload: dict[str, Any],
    *,
    ends: bool,
) -> None:
    browser = signed_in()
    answer = pushed(stream, transmitter.event(kind, ada(idp), payload=payload))
    assert answer.status_code == 202
    assert (browser.session is None) is ends
    assert ReceivedSet.objects.count() == 1


def test_an_admin_says_what_is_done(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    browser = signed_in()
    said = {"session-revoked": "note", "credential-changed": "end"}
    streams.set_doings(stream.id, said, actor="dora", now=timezone.now())
    pushed(stream, transmitter.event(REVOKED, ada(idp)))
    assert browser.session is not None
    [row] = ReceivedSet.objects.all()
    account = Account.objects.get(username="ada")
    told = {"kind": "session-revoked", "doing": "note", "account": str(account.pk)}
    assert row.events == [told]
    pushed(stream, transmitter.event(f"{CAEP}credential-change", ada(idp)))
    assert browser.session is None
    with pytest.raises(DefinitionInvalid):
        streams.set_doings(stream.id, {"account-enabled": "close"}, actor="d", now=timezone.now())
    changed = AuditEvent.objects.get(event="signal-stream.changed")
    assert changed.detail["fields"] == ["credential-changed", "session-revoked"]


def test_changed_claims_have_the_provider_asked_at_once(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    from gateway.flows import recheck
    from provisioning.models import UpstreamGrant

    row = Provider.objects.get(slug="corp-oidc")
    row.settings |= {"recheck_minutes": 60}
    row.save()
    browser = signed_in()
    assert recheck.recheck(now=timezone.now()) == 0
    pushed(stream, transmitter.event(f"{CAEP}token-claims-change", ada(idp)))
    assert browser.session is not None
    assert UpstreamGrant.objects.filter(next_check_at__lte=timezone.now()).count() == 1
    assert recheck.recheck(now=timezone.now()) == 1
    assert browser.session is not None


ALIASES = {
    "aliases": lambda ada: {
        "format": "aliases",
        "identifiers": [{"format": "email", "email": "nobody@else.example"}, ada],
    },
    "opaque": lambda ada: {"format": "opaque", "id": ada["sub"]},
    "complex": lambda ada: {"format": "complex", "user": ada},
    "without format": lambda ada: {"user": ada},
}


@pytest.mark.parametrize("subject", ALIASES.values(), ids=list(ALIASES))
def test_she_is_known_by_each_form_of_her_name(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream, subject: Any
) -> None:
    browser = signed_in()
    pushed(stream, transmitter.event(REVOKED, subject(ada(idp))))
    assert browser.session is None


def test_aliases_of_two_people_are_nobody(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    browsers = [signed_in(), signed_in("ben")]
    both = [ada(idp), ada(idp) | {"sub": idp.people["ben"].subject}]
    subject = {"format": "aliases", "identifiers": both}
    assert pushed(stream, transmitter.event(REVOKED, subject)).status_code == 202
    assert all(each.session for each in browsers)


def test_whoever_is_unknown_or_another_issuers_is_noted_and_nobody_is_touched(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    browser = signed_in()
    vouched_for("https://elsewhere.example", "e-1", provider="elsewhere")
    strangers = (
        ada(idp) | {"sub": "nobody"},
        ada(idp) | {"iss": "https://elsewhere.example", "sub": "e-1"},
        ada(idp) | {"iss": transmitter.issuer},
        {"format": "opaque", "id": "e-1"},
        {"format": "email", "email": "ada@corp.example"},  # its word for these does not count
        {"format": "phone_number", "phone_number": "+1"},
    )
    for subject in strangers:
        for kind in (REVOKED, DISABLED):
            assert pushed(stream, transmitter.event(kind, subject)).status_code == 202
    assert browser.session is not None
    assert not Departure.objects.exists()
    rows = ReceivedSet.objects.all()
    assert len(rows) == 2 * len(strangers)
    assert {row.events[0]["account"] for row in rows} == {""}


def test_a_token_counts_once_and_is_accepted_again(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    first, token = signed_in(), transmitter.event(REVOKED, ada(idp))
    assert pushed(stream, token).status_code == 202
    assert first.session is None
    later = signed_in()
    assert pushed(stream, token).status_code == 202
    assert later.session is not None
    # Forgotten is only what would be too old to be taken anyway.
    receiving.forget(now=timezone.now() + timedelta(days=8))
    assert pushed(stream, token).status_code == 202
    assert later.session is not None


def test_what_cannot_be_put_on_record_is_not_received_and_may_be_sent_again(
    idp: OidcProvider, transmitter: SsfTransmitter, stream: streams.ConnectedStream
) -> None:
    browser, token = signed_in(), transmitter.event(REVOKED, ada(idp))
    with no_more_on_record():
        answer = pushed(stream, token, client={"raise_request_exception": False})
        assert answer.status_code >= 500
    assert browser.session is not None
    assert pushed(stream, token).status_code == 202
    assert browser.session is None
