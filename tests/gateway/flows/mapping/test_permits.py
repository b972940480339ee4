"""Who may nothing does nothing, and learns nothing of a draft."""

import uuid

import pytest

from gateway.flows.errors import NotPermitted
from gateway.flows.mapping import drafting, presence, publishing, reviewing
from mapping.models import Draft
from provisioning.models import Account
from tests.gateway.flows.mapping.drafters import (
    NOW,
    ben,
    content,
    dora,
    nobody,
    permitted,
    roles_of_the_company,
    rule,
    told,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _roles() -> None:
    roles_of_the_company()


def begun() -> Draft:
    return drafting.begin("March", actor=dora(), now=NOW)


def test_whoever_may_not_draft_changes_nothing() -> None:
    draft = begun()
    for person in (nobody(), ben(), str(uuid.uuid4()), "operator"):
        for refused in (
            lambda who: drafting.begin("Mine", actor=who, now=NOW),
            lambda who: drafting.save(draft.pk, 1, content(), actor=who, now=NOW),
            lambda who: drafting.rebase(draft.pk, 1, actor=who, now=NOW),
            lambda who: drafting.drop(draft.pk, 1, actor=who, now=NOW),
        ):
            with pytest.raises(NotPermitted):
                refused(person)
    assert told() == [("rules-draft.begun", "dora")]


def test_whoever_may_nothing_learns_nothing_of_a_draft() -> None:
    draft = begun()
    theirs = content(rule("ops"))
    drafting.save(draft.pk, 1, theirs, actor=dora(), now=NOW)
    for refused in (
        lambda pk, at: drafting.save(pk, at, content(), actor=nobody(), now=NOW),
        lambda pk, at: drafting.rebase(pk, at, actor=nobody(), now=NOW),
        lambda pk, at: drafting.drop(pk, at, actor=nobody(), now=NOW),
        lambda pk, _: drafting.remark(pk, "Hm", actor=nobody(), now=NOW),
        lambda pk, _: presence.seen(pk, actor=nobody(), now=NOW),
        lambda pk, at: reviewing.submit(pk, at, actor=nobody(), now=NOW),
        lambda pk, at: reviewing.approve(pk, at, actor=nobody(), now=NOW),
        lambda pk, at: reviewing.take_back(pk, at, actor=nobody(), now=NOW),
        lambda pk, at: publishing.publish_draft(pk, at, "", actor=nobody(), now=NOW),
    ):
        for pk, at in ((draft.pk, 1), (uuid.uuid4(), 1)):
            with pytest.raises(NotPermitted):
                refused(pk, at)


def test_whoever_may_not_see_the_rules_neither_speaks_of_a_draft_nor_watches_it() -> None:
    draft = begun()
    with pytest.raises(NotPermitted):
        drafting.remark(draft.pk, "Hm", actor=nobody(), now=NOW)
    with pytest.raises(NotPermitted):
        presence.seen(draft.pk, actor=nobody(), now=NOW)
    assert presence.seen(draft.pk, actor=permitted("eve", "view_rulesetversion"), now=NOW)


def test_somebody_whose_account_is_closed_may_do_nothing() -> None:
    actor = dora()
    Account.objects.filter(pk=actor).update(is_active=False)
    with pytest.raises(NotPermitted):
        drafting.begin("March", actor=actor, now=NOW)
