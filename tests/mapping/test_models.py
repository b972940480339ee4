"""Versions of the rules: published in order, never changed."""

import pytest
from django.db import IntegrityError, transaction

from mapping.errors import RuleInvalid, RuleSetStale, RuleSetUnknown
from mapping.models import Provenance, RuleSetVersion, active, at_version, publish
from mapping.ruleset import RuleSet
from tests.mapping.people import NOW
from tests.rivals import rival_at_savepoint

pytestmark = pytest.mark.django_db

ENGINEERS = [
    {
        "id": "engineers",
        "roles": ["deployer"],
        "when": {"claim": "groups", "glob": "/engineering/*"},
    }
]
PAYROLL = [
    {
        "id": "payroll",
        "roles": ["payroll"],
        "when": {"claim": "groups", "equals": "/finance/payroll"},
    }
]


def test_before_the_first_publication_there_are_no_rules():
    assert active() == RuleSet(version=0)


def test_what_was_published_last_is_in_force():
    publish({"rules": ENGINEERS}, based_on=0, by="dora", now=NOW)
    row = publish(
        {"rules": PAYROLL},
        based_on=1,
        by="dora",
        now=NOW,
        provenance=Provenance(comment="payroll instead"),
    )
    assert active() == RuleSet.parse(2, {"rules": PAYROLL})
    assert (row.version, row.published_by, row.published_at) == (2, "dora", NOW)
    assert row.comment == "payroll instead"


def test_asking_for_the_rules_takes_one_query_and_reads_them_once(django_assert_num_queries):
    publish({"rules": ENGINEERS}, based_on=0, by="dora", now=NOW)
    first = active()
    with django_assert_num_queries(1):
        assert active() is first


def test_whoever_builds_on_an_old_version_is_told():
    publish({"rules": ENGINEERS}, based_on=0, by="dora", now=NOW)
    with pytest.raises(RuleSetStale):
        publish({"rules": PAYROLL}, based_on=0, by="ben", now=NOW)
    with pytest.raises(RuleSetStale):
        publish({"rules": PAYROLL}, based_on=7, by="ben", now=NOW)
    assert active() == RuleSet.parse(1, {"rules": ENGINEERS})


def test_of_two_who_publish_at_once_the_second_is_told():
    def first() -> None:
        publish({"rules": ENGINEERS}, based_on=0, by="dora", now=NOW)

    with rival_at_savepoint(first), pytest.raises(RuleSetStale):
        publish({"rules": PAYROLL}, based_on=0, by="ben", now=NOW)
    assert active() == RuleSet.parse(1, {"rules": ENGINEERS})


def test_bad_rules_are_not_published():
    with pytest.raises(RuleInvalid):
        publish({"rules": [{"id": "x"}]}, based_on=0, by="dora", now=NOW)
    assert not RuleSetVersion.objects.exists()


def test_a_version_is_neither_changed_nor_deleted():
    row = publish({"rules": ENGINEERS}, based_on=0, by="dora", now=NOW)
    row.content = {}
    for forbidden in (
        row.save,
        row.delete,
        RuleSetVersion.objects.all().delete,
        lambda: RuleSetVersion.objects.update(content={}),
        lambda: RuleSetVersion.objects.bulk_update([row], ["content"]),
    ):
        with pytest.raises(TypeError, match="never"):
            forbidden()
    assert active() == RuleSet.parse(1, {"rules": ENGINEERS})


def test_a_version_that_was_rolled_back_leaves_nothing_behind():
    with transaction.atomic():
        publish({"rules": ENGINEERS}, based_on=0, by="dora", now=NOW)
        assert active() == RuleSet.parse(1, {"rules": ENGINEERS})
        transaction.set_rollback(True)
    publish({"rules": PAYROLL}, based_on=0, by="dora", now=NOW)
    assert active() == RuleSet.parse(1, {"rules": PAYROLL})


def test_version_numbers_begin_at_one():
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleSetVersion(version=0, content={}, published_at=NOW, published_by="dora").save()


def test_each_version_can_be_read_again_and_no_other():
    publish({"rules": ENGINEERS}, based_on=0, by="dora", now=NOW)
    publish({"rules": PAYROLL}, based_on=1, by="dora", now=NOW)
    assert at_version(0) == RuleSet(version=0)
    assert at_version(1) == RuleSet.parse(1, {"rules": ENGINEERS})
    assert at_version(2) == active()
    with pytest.raises(RuleSetUnknown):
        at_version(3)
