"""Rightly signed answers that say the wrong thing: by a provider that is hostile, or was robbed.

Source of every rule: saml-profiles-2.0-os 4.1.4.3 and saml-core-2.0-os 2.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.attacks.saml.messages import Person, Spoken
from providers.attacks.saml.provider import PERSON
from providers.attacks.saml.target import Fire, SamlAttack, sending

_EVIL = "https://attack-kit.invalid"


def _now(**ahead: float) -> datetime:
    return datetime.now(UTC) + timedelta(**ahead)


Changes = Callable[[Spoken], Mapping[str, Any]]
# What the provider says instead, from what it would say in truth.
_SAID: tuple[tuple[str, str, tuple[str, ...], Changes], ...] = (
    (
        "issuer-of-another",
        "speaks as another provider",
        ("saml.issuer",),
        lambda _: {"issuer": _EVIL},
    ),
    (
        "response-issuer-of-another",
        "sends another provider’s answer on",
        ("saml.issuer",),
        lambda _: {"response_issuer": _EVIL},
    ),
    (
        "issuer-missing",
        "speaks as nobody",
        ("saml.issuer", "saml.schema"),
        lambda _: {"issuer": None},
    ),
    (
        "destination-of-another",
        "was sent to somebody else",
        ("saml.destination",),
        lambda _: {"destination": f"{_EVIL}/acs"},
    ),
    (
        "destination-longer",
        "was sent to an address that begins like ours",
        ("saml.destination",),
        lambda said: {"destination": f"{said.destination}-evil"},
    ),
    (
        "recipient-of-another",
        "is for somebody else",
        ("saml.recipient",),
        lambda _: {"recipient": f"{_EVIL}/acs"},
    ),
    (
        "recipient-around-ours",
        "is for an address that has ours in it",
        ("saml.recipient",),
        lambda said: {"recipient": f"{_EVIL}/?u={said.recipient}"},
    ),
    ("recipient-missing", "is for nobody", ("saml.recipient",), lambda _: {"recipient": None}),
    (
        "audience-missing",
        "is for no audience in particular",
        ("saml.audience",),
        lambda _: {"audiences": ()},
    ),
    (
        "audience-of-another",
        "is for another audience",
        ("saml.audience",),
        lambda _: {"audiences": ((f"{_EVIL}/metadata",),)},
    ),
    (
        "audience-longer",
        "is for an audience that begins like ours",
        ("saml.audience",),
        lambda said: {"audiences": ((f"{said.audiences[0][0]}-evil",),)},
    ),
    (
        "audiences-two",
        "must be for us and for somebody else at once",
        ("saml.audience",),
        lambda said: {"audiences": (*said.audiences, (f"{_EVIL}/metadata",))},
    ),
    (
        "in-response-to-nothing",
        "answers nothing that was asked",
        ("saml.in_response_to",),
        lambda _: {"in_response_to": None, "response_in_response_to": None},
    ),
    (
        "in-response-to-another",
        "answers another request",
        ("saml.in_response_to",),
        lambda _: {"in_response_to": "_another"},
    ),
    (
        "response-in-response-to-another",
        "wraps an answer to another request",
        ("saml.in_response_to",),
        lambda _: {"response_in_response_to": "_another"},
    ),
    (
        "delivery-without-end",
        "may be delivered for ever",
        ("saml.not_on_or_after",),
        lambda _: {"delivery_until": None},
    ),
    (
        "delivery-over",
        "could be delivered until four minutes ago",
        ("saml.not_on_or_after",),
        lambda _: {"delivery_until": _now(minutes=-4)},
    ),
    (
        "delivery-ten-years",
        "may be delivered for ten years",
        ("saml.not_on_or_after",),
        lambda _: {"delivery_until": _now(days=3650)},
    ),
    (
        "delivery-later",
        "may be delivered in an hour",
        ("saml.not_before",),
        lambda _: {"delivery_from": _now(hours=1)},
    ),
    (
        "validity-without-end",
        "holds for ever",
        ("saml.not_on_or_after",),
        lambda _: {"not_on_or_after": None},
    ),
    (
        "validity-over",
        "held until four minutes ago",
        ("saml.not_on_or_after",),
        lambda _: {"not_before": _now(minutes=-9), "not_on_or_after": _now(minutes=-4)},
    ),
    (
        "validity-ten-years",
        "holds for ten years",
        ("saml.not_on_or_after",),
        lambda _: {"not_on_or_after": _now(days=3650)},
    ),
    (
        "validity-later",
        "holds in an hour",
        ("saml.not_before",),
        lambda _: {"not_before": _now(hours=1), "not_on_or_after": _now(hours=2)},
    ),
    (
        "issued-long-ago",
        "was issued an hour ago",
        ("saml.issue_instant",),
        lambda _: {"issued": _now(hours=-1)},
    ),
    (
        "issued-later",
        "is issued in an hour",
        ("saml.issue_instant",),
        lambda _: {"issued": _now(hours=1)},
    ),
    (
        "response-issued-long-ago",
        "is wrapped an hour ago",
        ("saml.issue_instant",),
        lambda _: {"response_issued": _now(hours=-1)},
    ),
    (
        "issued-missing",
        "was issued at no time",
        ("saml.issue_instant", "saml.schema"),
        lambda _: {"issued": None},
    ),
    (
        "issued-as-text",
        "was issued “soon”",
        ("saml.issue_instant", "saml.schema"),
        lambda _: {"issued": "soon"},
    ),
    (
        "confirmation-without-method",
        "says not who may bear it",
        ("saml.confirmation", "saml.schema"),
        lambda _: {"method": None},
    ),
    (
        "confirmation-holder-of-key",
        "may be borne by whoever has a key",
        ("saml.confirmation",),
        lambda _: {"method": "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"},
    ),
    ("version-1", "is of SAML 1.1", ("saml.version",), lambda _: {"version": "1.1"}),
    (
        "response-version-1",
        "is wrapped in SAML 1.1",
        ("saml.version",),
        lambda _: {"response_version": "1.1"},
    ),
    (
        "authenticated-later",
        "saw the person in an hour",
        ("saml.authn_instant",),
        lambda _: {"authenticated": _now(hours=1)},
    ),
    (
        "authenticated-years-ago",
        "saw the person two years ago",
        ("saml.authn_instant",),
        lambda _: {"authenticated": _now(days=-730)},
    ),
    (
        "session-over",
        "is of a session that is over",
        ("saml.session_ended",),
        lambda _: {"session_ends": _now(minutes=-5)},
    ),
    (
        "condition-unknown",
        "sets a condition that is not understood",
        ("saml.conditions", "saml.schema"),
        lambda _: {"conditions": ("ProxyRestriction",)},
    ),
    (
        "name-empty",
        "names nobody",
        ("saml.name_id", "saml.subject"),
        lambda said: {"person": replace(said.person, name_id=" ")},
    ),
    (
        "name-too-long",
        "names somebody with 100,000 letters",
        ("saml.name_id", "saml.size"),
        lambda said: {"person": replace(said.person, name_id="a" * 100_000)},
    ),
    (
        "groups-bomb",
        "names 5,900 groups",
        ("saml.attributes", "saml.size", "claims."),
        lambda _: {"person": Person(name_id=PERSON, attributes=(("groups", ("g",) * 5_900),))},
    ),
    (
        "status-denied",
        "says that it did not see the person, and sends her all the same",
        ("provider.refused",),
        lambda _: {"status": ("urn:oasis:names:tc:SAML:2.0:status:Responder",)},
    ),
)


def saying(change: Changes) -> Fire:
    return sending(lambda provider, said: provider.answer(replace(said, **change(said))))


ATTACKS = tuple(
    SamlAttack(
        name=f"saml.{name}",
        words=words,
        source="saml-profiles 4.1.4.3",
        checks=checks,
        fire=saying(change),
    )
    for name, words, checks, change in _SAID
)
