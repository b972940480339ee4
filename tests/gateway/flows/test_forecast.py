"""What ends within ninety days, in the order of urgency, and in words."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from gateway.config import keyring
from gateway.flows import keys
from gateway.flows.forecast import Due, Stage, forecast
from gateway.flows.forecast_words import headline, remedy, sentence
from providers.forecast import Ending, Kind
from tests.gateway.ending import in_days, oidc_provider, saml_provider

pytestmark = pytest.mark.django_db


def now_due() -> tuple[Due, ...]:
    return forecast(now=timezone.now())


@pytest.mark.parametrize(
    ("days", "stage", "left"),
    [
        (-3, Stage.ENDED, -3),
        (-0.001, Stage.ENDED, 0),
        (0.5, Stage.WEEK, 1),
        (6.9, Stage.WEEK, 7),
        (7.1, Stage.MONTH, 8),
        (29.9, Stage.MONTH, 30),
        (30.1, Stage.QUARTER, 31),
        (89.9, Stage.QUARTER, 90),
    ],
)
def test_how_near_an_end_is(days: float, stage: Stage, left: int) -> None:
    saml_provider(idp=in_days(days))
    [due] = now_due()
    assert (due.stage, due.days) == (stage, left)


def test_what_ends_later_is_not_told() -> None:
    saml_provider(idp=in_days(90.1))
    assert now_due() == ()


def test_a_provider_that_is_switched_off_is_not_told() -> None:
    row = saml_provider(idp=in_days(12))
    row.enabled = False
    row.save()
    assert now_due() == ()


def test_what_stops_sign_ins_stands_first_then_what_ends_first() -> None:
    saml_provider("month", idp=in_days(20))
    saml_provider("week", idp=in_days(5))
    oidc_provider("broken", issuer=7)
    oidc_provider("ended", client_secret_expires="2020-01-01")
    oidc_provider("quarter", client_secret_expires=str(in_days(60).date()))
    order = [(due.ending.provider, due.urgent) for due in now_due()]
    assert order == [
        ("broken", True),
        ("ended", True),
        ("week", True),
        ("month", False),
        ("quarter", False),
    ]


def test_a_row_that_changed_is_read_again_at_once() -> None:
    row = saml_provider(idp=in_days(12))
    assert len(now_due()) == 1
    row.settings["certificates"] = saml_provider("other").settings["certificates"]
    row.save()
    assert now_due() == ()


def test_rows_that_did_not_change_are_not_read_again(django_assert_num_queries) -> None:
    for number in range(30):
        saml_provider(f"p{number}", idp=in_days(12))
    with django_assert_num_queries(5):
        first = now_due()
    with django_assert_num_queries(4):
        assert now_due() == first
    assert len(first) == 30


def test_the_gateways_own_signing_keys_by_the_age_of_the_one_in_use(settings, tmp_path) -> None:
    ring = tmp_path / "ring.json"
    made = timezone.now() - timedelta(days=360)
    keyring.write(ring, keyring.generate(made))
    settings.ENVIRONMENT = _with_rings(settings.ENVIRONMENT, ring, tmp_path / "edge.json")
    due = now_due()
    assert {each.ending.name for each in due} == {"record", "assertion", "audit", "event"}
    assert {(each.days, each.urgent) for each in due} == {(5, False)}
    assert sentence(due[0]).endswith(" key is due to be turned over in 5 days")
    for each in due:
        assert f"manage.py keys rotate {each.ending.name}." in remedy(each.ending)
        keys.rotate(keyring.KeyUse(each.ending.name), at_once=True, now=timezone.now())
    assert now_due() == ()


def test_a_key_ring_that_cannot_be_read_is_told(settings, tmp_path) -> None:
    ring = tmp_path / "ring.json"
    ring.write_text("nonsense")
    settings.ENVIRONMENT = _with_rings(settings.ENVIRONMENT, ring, tmp_path / "edge.json")
    [due] = now_due()
    assert due.urgent
    assert "is not JSON" in due.ending.problem


def _with_rings(environment, ring, edge):
    from dataclasses import replace

    return replace(environment, key_ring=ring, edge_key_ring=edge)


def due_of(kind: Kind, days: int, provider: str = "okta", name: str = "") -> Due:
    now_already = kind in {Kind.METADATA_HELD, Kind.METADATA_UNREADABLE, Kind.SETTINGS}
    ends_at = None if now_already else in_days(days)
    ending = Ending(kind=kind, provider=provider, name=name, ends_at=ends_at)
    stage = Stage.ENDED if days <= 0 else Stage.MONTH
    return Due(ending=ending, stage=stage, days=days)


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (due_of(Kind.IDP_CERTIFICATE, 12), "The signing certificate of okta ends in 12 days"),
        (due_of(Kind.IDP_CERTIFICATE, 1), "The signing certificate of okta ends in one day"),
        (due_of(Kind.SP_CERTIFICATE, 0), "Our certificate at okta has ended"),
        (due_of(Kind.CLIENT_SECRET, -1), "The client secret at okta ended one day ago"),
        (due_of(Kind.TLS_CERTIFICATE, -9), "Our TLS certificate at okta ended 9 days ago"),
        (
            due_of(Kind.OWN_KEY, 12, name="private_key"),
            "Our private key at okta is due to be turned over in 12 days",
        ),
        (
            due_of(Kind.OWN_KEY, 0, "", "record"),
            "The gateway’s record key is due to be turned over",
        ),
        (due_of(Kind.METADATA_HELD, 0), "A change of the metadata of okta waits for a decision"),
        (due_of(Kind.METADATA_UNREADABLE, 0), "The metadata of okta cannot be read just now"),
        (due_of(Kind.SETTINGS, 0), "The settings of okta cannot be read"),
    ],
)
def test_every_end_is_a_sentence(due: Due, said: str) -> None:
    with override("en"):
        assert sentence(due) == said


@pytest.mark.parametrize("kind", list(Kind))
def test_every_end_has_a_remedy(kind: Kind) -> None:
    told = remedy(Ending(kind=kind, provider="okta", name="x"))
    assert told.endswith(".")
    assert "%(" not in told


def test_the_state_of_all_in_one_sentence() -> None:
    one = due_of(Kind.IDP_CERTIFICATE, 12)
    assert headline(3, ()) == "3 providers, nothing ends within 90 days"
    assert headline(3, (one,)) == "3 providers, the signing certificate of okta ends in 12 days"
    assert headline(1, (one, one)) == (
        "One provider, the signing certificate of okta ends in 12 days, one thing more to look at"
    )
    assert headline(3, (one,) * 5).endswith(", 4 things more to look at")
