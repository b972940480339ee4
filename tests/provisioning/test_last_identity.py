"""What a provider last said of a person is kept whole for the rules, and readable here alone."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from mapping.ruleset import RuleSet
from providers.identity import ClaimSet, ExternalIdentity
from provisioning import last_identity
from provisioning.errors import IdentityUnreadable
from provisioning.last_identity import forget_before, keep, looked_at, opened, without
from provisioning.models import LastIdentity, LinkedIdentity
from tests.provisioning.people import NOW, RULES, account, ada, ben, cleo, dora, signs_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)

WORDS = ("deployer", "/engineering/x", "Zoë 💼", "\ud800", "0", "", "it" * 400)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
NAMES = st.sampled_from(("groups", "a", "b", "a.b", "https://corp.example/roles")) | st.text(
    max_size=6
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
CLAIMS = st.dictionaries(NAMES, VALUES, max_size=5)
PATHS = ("groups", "a", "a.b", "b", "a.b.a", "https://corp.example/roles")
EVERY_KIND = RuleSet.parse(
    3,
    {
        "rules": [
            {
                "id": f"{kind}-{what}-{at}",
                "roles": ["deployer"],
                "denies": ["auditor"],
                "attributes": {"department": f"{{{path}}}"} if path.isalpha() else {"x": "y"},
                "when": {"claim": path, kind: value},
            }
            for at, path in enumerate(PATHS)
            for what, (kind, value) in enumerate(
                (
                    ("present", True),
                    ("equals", "/engineering/x"),
                    ("equals", 0),
                    ("in", ["Zoë 💼", "deployer"]),
                    ("glob", "/engineering/*"),
                )
            )
        ]
    },
)


def row() -> LastIdentity:
    return LastIdentity.objects.get()


def dumped(table: str) -> bytes:
    """Everything that the database holds in a table, as bytes."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return b"|".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for found in cursor.fetchall()
            for value in found
        )


def typed(claims: ClaimSet) -> str:
    """With 1, 1.0 and true told apart, and -0.0."""
    return json.dumps(claims.plain())


def test_a_sign_in_keeps_who_was_vouched_for_and_which_rules_decided() -> None:
    signs_in(ada(), rules=replace(RULES, version=7))
    assert opened(row()) == ada()
    assert (row().decided_version, row().seen_at) == (7, NOW)


def test_the_next_sign_in_takes_its_place() -> None:
    signs_in(ada())
    signs_in(ada("/sales"), now=NOW + DAY)
    assert opened(row()).claims.texts("groups") == ("/sales",)
    assert row().seen_at == NOW + DAY


def test_it_is_one_statement(django_assert_num_queries) -> None:
    signs_in(ada())
    linked = LinkedIdentity.objects.get()
    with django_assert_num_queries(1):
        keep(ada(), linked, version=1, not_kept=frozenset(), now=NOW)


def test_whatever_claims_she_has_the_rules_decide_on_what_is_kept_as_at_her_sign_in() -> None:
    signs_in(ada())
    linked = LinkedIdentity.objects.get()

    @examples(max_examples=150, deadline=None)
    @given(claims=CLAIMS, email=st.none() | st.sampled_from(WORDS))
    def same(claims: dict[str, object], email: str | None) -> None:
        who = replace(ada(), claims=ClaimSet(claims), email=email, email_verified=len(claims) > 1)
        keep(who, linked, version=3, not_kept=frozenset(), now=NOW)
        again = opened(row())
        assert again == who
        assert typed(again.claims) == typed(who.claims)
        before, after = EVERY_KIND.decide(who, NOW), EVERY_KIND.decide(again, NOW)
        assert after == before
        assert after.near_misses == before.near_misses
        few = opened(row(), only=looked_at(EVERY_KIND.paths()))
        assert EVERY_KIND.decide(few, NOW) == before
        assert EVERY_KIND.decide(few, NOW).near_misses == before.near_misses

    same()


def test_what_only_her_live_session_needs_is_not_kept() -> None:
    live = replace(
        ada(), upstream_session="s-1", upstream_names=("s-1",), logout_hint="token", renewal="token"
    )
    signs_in(live)
    assert opened(row()) == ada()


@given(claims=CLAIMS, path=st.sampled_from(PATHS))
def test_a_claim_that_is_not_kept_is_not_found_by_its_path(
    claims: dict[str, object], path: str
) -> None:
    left = ClaimSet(without(claims, [path]))
    assert left.path(path) is None
    others = {name: value for name, value in claims.items() if name not in {path, path[0]}}
    assert typed(ClaimSet(others)) == typed(
        ClaimSet({name: value for name, value in left.plain().items() if name in others})
    )


def test_what_stands_beside_a_claim_that_is_not_kept_stays() -> None:
    address = {"country": "NL", "street": {"name": "Keizersgracht", "number": 1}}
    left = without({"address": address, "groups": ["/it"]}, ["address.street.name", "birthdate"])
    assert left == {"address": {"country": "NL", "street": {"number": 1}}, "groups": ["/it"]}
    assert address["street"] == {"name": "Keizersgracht", "number": 1}


def test_the_operator_says_which_claims_are_not_kept(settings) -> None:
    settings.CLAIMS_NOT_KEPT = frozenset({"groups"})
    signs_in(ada())
    assert opened(row()).claims.plain() == {}


def test_nothing_that_was_said_of_her_can_be_read_in_the_database() -> None:
    claims = {"groups": ["/engineering/platform"], "salary_band": "E7", "https://x/badge": "4711"}
    signs_in(replace(ada(), claims=ClaimSet(claims)))
    kept = dumped(LastIdentity._meta.db_table)
    assert len(kept) > 100
    for word in ("engineering", "salary", "E7", "4711", "badge", "groups", "corp.example", "Byron"):
        assert word.encode() not in kept


def test_two_sealings_of_the_same_differ() -> None:
    signs_in(ada())
    first = bytes(row().sealed)
    signs_in(ada())
    assert bytes(row().sealed) != first


def test_what_was_copied_to_somebody_elses_row_does_not_open() -> None:
    signs_in(ada())
    signs_in(ben())
    hers, his = LastIdentity.objects.order_by("pk")
    LastIdentity.objects.filter(pk=his.pk).update(sealed=hers.sealed, key=hers.key)
    assert opened(hers) == ada()
    with pytest.raises(IdentityUnreadable) as error:
        opened(LastIdentity.objects.get(pk=his.pk))
    assert "Byron" not in str(error.value)


@pytest.mark.parametrize("at", [0, 12, 40, -1])
def test_what_was_altered_does_not_open(at: int) -> None:
    signs_in(ada())
    found = row()
    sealed = bytearray(found.sealed)
    sealed[at] ^= 1
    found.sealed = bytes(sealed)
    with pytest.raises(IdentityUnreadable):
        opened(found)


@pytest.mark.parametrize("sealed", [b"", b"short", b"\0" * 28])
def test_what_is_no_sealed_text_does_not_open(sealed: bytes) -> None:
    signs_in(ada())
    found = row()
    found.sealed = sealed
    with pytest.raises(IdentityUnreadable):
        opened(found)


def test_what_a_lost_key_sealed_does_not_open(settings) -> None:
    signs_in(ada())
    settings.IDENTITY_KEYS = lambda: (("another", b"k" * 32),)
    with pytest.raises(IdentityUnreadable):
        opened(row())


def test_a_new_key_seals_and_the_old_one_still_opens_until_all_is_sealed_anew(settings) -> None:
    old = settings.IDENTITY_KEYS()
    signs_in(ada())
    settings.IDENTITY_KEYS = lambda: (("new", b"k" * 32), *old)
    signs_in(ben())
    assert [each.key for each in LastIdentity.objects.order_by("pk")] == [old[0][0], "new"]
    assert (last_identity.reseal(), last_identity.reseal()) == (1, 0)
    settings.IDENTITY_KEYS = lambda: (("new", b"k" * 32),)
    assert [opened(each) for each in LastIdentity.objects.order_by("pk")] == [ada(), ben()]


def test_sealing_anew_goes_on_past_what_does_not_open(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_identity, "BATCH", 1)
    old = settings.IDENTITY_KEYS()
    for each in (ada(), ben(), cleo()):
        signs_in(each)
    hers = LastIdentity.objects.order_by("pk")[1]
    LastIdentity.objects.filter(pk=hers.pk).update(key="lost")
    settings.IDENTITY_KEYS = lambda: (("new", b"k" * 32), *old)
    assert last_identity.reseal() == 2
    assert last_identity.sealed_under("lost")
    assert not last_identity.sealed_under(old[0][0])


def test_it_goes_with_the_link_and_with_the_account() -> None:
    signs_in(cleo())
    LinkedIdentity.objects.get().delete()
    assert not LastIdentity.objects.exists()
    account(signs_in(cleo())).delete()
    assert not LastIdentity.objects.exists()


def test_who_was_not_seen_since_is_forgotten_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(last_identity, "BATCH", 1)
    people: list[ExternalIdentity] = [ada(), ben(), cleo(), dora()]
    for days, each in enumerate(people):
        signs_in(each, now=NOW + days * DAY)
    assert forget_before(NOW + 2 * DAY) == 2
    assert {opened(each).username for each in LastIdentity.objects.all()} == {"cleo", "dora"}
    assert LinkedIdentity.objects.count() == 4
