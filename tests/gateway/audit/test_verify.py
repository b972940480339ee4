import dataclasses

import pytest

from gateway.audit.chain import GENESIS, Link
from gateway.audit.links import link, verify_database
from gateway.audit.models import AuditSeal
from gateway.audit.seal import seal
from gateway.audit.verify import Broken, Fault, Head, verify_links
from tests.gateway.audit.conftest import NOW


def chain(length, *, first=1, previous=GENESIS):
    """A sound chain, as an export has it."""
    links = []
    for position in range(first, first + length):
        made = Link(
            position=position,
            previous=previous,
            sealed_at="2026-11-23T09:30:00.000000+00:00",
            event={"id": position, "event": "login.succeeded", "actor": "ada"},
        )
        previous = made.hash()
        links.append((made, previous))
    return links


def edited(pair, **changes):
    made, stored = pair
    return dataclasses.replace(made, **changes), stored


def rehashed(pair, **changes):
    made = dataclasses.replace(pair[0], **changes)
    return made, made.hash()


def test_a_sound_chain_holds_up_to_its_head():
    links = chain(5)
    found = verify_links(links)
    assert found.broken is None
    assert found.head == Head(position=5, hash=links[-1][1])


def test_an_empty_chain_holds():
    assert verify_links([]).head == Head(position=0, hash=GENESIS)
    assert verify_links([], Head(position=0, hash=GENESIS)).broken is None


def test_an_edited_event_is_found_at_its_position():
    links = chain(5)
    links[2] = edited(links[2], event={**links[2][0].event, "actor": "ben"})
    assert verify_links(links).broken == Broken(position=3, fault=Fault.EDITED)


def test_an_edited_moment_of_sealing_is_found():
    links = chain(5)
    links[2] = edited(links[2], sealed_at="2026-11-24T09:30:00.000000+00:00")
    assert verify_links(links).broken == Broken(position=3, fault=Fault.EDITED)


def test_an_event_edited_together_with_its_hash_breaks_the_next_link():
    links = chain(5)
    links[2] = rehashed(links[2], event={"id": 3, "actor": "ben"})
    assert verify_links(links).broken == Broken(position=4, fault=Fault.MISPLACED)


def test_an_edit_needs_every_later_hash_made_anew():
    links = chain(5)
    links[2] = rehashed(links[2], event={"id": 3, "actor": "ben"})
    links[3] = edited(links[3], previous=links[2][1])
    assert verify_links(links).broken == Broken(position=4, fault=Fault.EDITED)


@pytest.mark.parametrize(
    "changes", [{"previous": "f" * 64}, {"position": 9}, {"sealed_at": "x"}, {"event": {}}]
)
def test_a_hash_covers_everything_that_a_link_says(changes):
    ((made, stored),) = chain(1)
    assert dataclasses.replace(made, **changes).hash() != stored


def test_a_link_taken_out_is_found():
    links = chain(5)
    del links[2]
    assert verify_links(links).broken == Broken(position=3, fault=Fault.MISSING)


def test_a_link_taken_out_with_the_others_moved_up_is_found():
    links = chain(5)
    del links[2]
    links[2] = rehashed(links[2], position=3)
    assert verify_links(links).broken == Broken(position=3, fault=Fault.MISPLACED)


def test_a_link_put_in_is_found():
    links = chain(5)
    links.insert(2, chain(1, first=2)[0])
    assert verify_links(links).broken == Broken(position=3, fault=Fault.MISPLACED)


def test_links_taken_off_the_end_are_told_by_the_signed_head_alone():
    links = chain(5)
    signed = Head(position=5, hash=links[4][1])
    assert verify_links(links[:3]).broken is None
    assert verify_links(links[:3], signed).broken == Broken(position=4, fault=Fault.TAIL_MISSING)


def test_a_chain_made_anew_is_told_by_the_signed_head():
    links = chain(5)
    signed = Head(position=3, hash="f" * 64)
    assert verify_links(links, signed).broken == Broken(position=3, fault=Fault.OTHER_CHAIN)


def test_a_chain_may_have_grown_since_its_head_was_signed():
    links = chain(5)
    assert verify_links(links, Head(position=3, hash=links[2][1])).broken is None


@pytest.mark.django_db
def test_the_database_holds_and_says_what_is_not_yet_sealed(happened):
    happened(3)
    seal(NOW)
    happened(2)
    found = verify_database()
    assert found.broken is None
    assert found.head.position == 3
    assert found.unsealed == 2


@pytest.mark.django_db
def test_a_forged_link_in_the_database_is_found(happened):
    events = happened(3)
    seal(NOW)
    (late,) = happened(1)
    head = AuditSeal.objects.get(position=3)
    forged = AuditSeal(position=4, event=late, previous=head.previous, sealed_at=NOW)
    forged.hash = link(forged).hash()
    forged.save()
    assert len(events) == 3
    assert verify_database().broken == Broken(position=4, fault=Fault.MISPLACED)


@pytest.mark.django_db
def test_every_field_of_an_event_is_covered_by_its_hash(happened):
    happened(1)
    seal(NOW)
    found = AuditSeal.objects.select_related("event").get()
    sound = link(found).hash()
    other = {
        "pk": 999,
        "at": NOW.replace(year=2025),
        "event": "login.failed",
        "actor": "ben",
        "account": "ben",
        "reference": "OTHER",
        "detail": {"provider": "x"},
    }
    for field, value in other.items():
        before = getattr(found.event, field)
        setattr(found.event, field, value)
        assert link(found).hash() != sound, field
        setattr(found.event, field, before)
    assert link(found).hash() == sound
