"""What shows that a provider changed, and what does not."""

import uuid

import pytest

from mapping.drift import PEOPLE, Kind, Profile, Sign, signs, still
from providers.identity import ExternalIdentity
from tests.mapping.people import identity

NAMES = [f"/unit-{n}" for n in range(8)]
IDS = [str(uuid.UUID(int=n * 7 + 1)) for n in range(8)]


def said(*groups: object, **claims: object) -> ExternalIdentity:
    return identity(groups=list(groups), **claims)


def profile(*people: ExternalIdentity, path: str = "groups") -> Profile:
    return Profile.of(people or [said(*NAMES)] * PEOPLE, [path])


def kinds(
    before: ExternalIdentity | None, now_said: ExternalIdentity, known: Profile
) -> list[Kind]:
    return [sign.kind for sign in signs(known, before, now_said)]


@pytest.mark.parametrize(
    ("now_said", "kind"),
    [
        (said(*IDS), Kind.IDS),
        (said(*(f"{{{each.upper()}}}" for each in IDS)), Kind.IDS),
        (said("S-1-5-21-1004336348-1177238915-682003330-512"), Kind.IDS),
        (said(",".join(NAMES)), Kind.TEXT),
        (said("; ".join(NAMES[:2])), Kind.TEXT),
        (identity(groups="|".join(NAMES)), Kind.TEXT),
        (identity(_claim_names={"groups": "src1"}), Kind.LINK),
        (identity(groups=[], hasgroups=True), Kind.LINK),
        (said(*NAMES[:2]), Kind.FEWER),
        (said(), Kind.FEWER),
        (identity(), Kind.FEWER),
    ],
)
def test_a_provider_that_changed_shows_it(now_said: ExternalIdentity, kind: Kind) -> None:
    assert kinds(said(*NAMES), now_said, profile()) == [kind]
    assert signs(profile(), said(*NAMES), now_said)[0].had == len(NAMES)


@pytest.mark.parametrize(
    ("before", "now_said"),
    [
        (said(*NAMES), said(*NAMES)),
        (said(*NAMES), said(*reversed(NAMES), "/new")),
        (said(*NAMES), said(*NAMES[1:])),  # she lost one group
        (said(*NAMES), said(*NAMES[:4])),  # or half of them
        (said("/only"), said()),  # or the only one
        (said("/a", "/b"), said("/b")),
        (said("/sales", "/emea"), said("/law, emea")),  # of which she had none of the parts
        (said(*IDS[:3]), said(*IDS[:2])),  # her groups always were ids
        (said(), said(*IDS)),  # nothing of hers can have been sent otherwise
        (said(*NAMES), said(*NAMES, *IDS[:2])),
    ],
)
def test_people_who_change_show_nothing(
    before: ExternalIdentity, now_said: ExternalIdentity
) -> None:
    assert kinds(before, now_said, profile()) == []


def test_of_somebody_of_whom_nothing_is_kept_only_strong_signs_are_known() -> None:
    assert kinds(None, said(*IDS), profile()) == [Kind.IDS]
    assert kinds(None, said(",".join(NAMES)), profile()) == [Kind.TEXT]
    assert kinds(None, said(), profile()) == []


def test_of_few_people_nothing_is_usual() -> None:
    few = profile(*[said(*NAMES)] * (PEOPLE - 1))
    assert few.paths == {}
    assert kinds(said(*NAMES), said(*IDS), few) == []


def test_what_a_provider_always_did_is_no_sign() -> None:
    by_id = profile(*[said(*IDS)] * PEOPLE)
    assert kinds(said(*NAMES), said(*IDS), by_id) == []
    distinguished = [f"cn={name},ou=groups" for name in NAMES]
    joined = profile(*[said(*distinguished)] * PEOPLE)
    assert kinds(said(*distinguished), said(distinguished[0]), joined) == [Kind.FEWER]
    titles = Profile.of([identity(title="lead, emea")] * PEOPLE, ["title"])
    assert kinds(identity(title="lead"), identity(title="lead, emea"), titles) == []


def test_people_with_few_values_are_not_measured_by_those_with_many() -> None:
    small = profile(*[said("/a")] * PEOPLE)
    assert kinds(said(*NAMES), said("/a"), small) == []


def test_who_showed_a_sign_shows_it_until_she_is_right_again() -> None:
    fewer = Sign(kind=Kind.FEWER, path="groups", had=8)
    assert still(profile(), fewer, said(*NAMES[:2]))
    assert not still(profile(), fewer, said(*NAMES[:3]))
    ids = Sign(kind=Kind.IDS, path="groups", had=8)
    assert still(profile(), ids, said(*IDS))
    assert not still(profile(), ids, said(*NAMES))


def test_only_the_paths_that_are_asked_for_are_learned_and_a_profile_is_read_back() -> None:
    known = Profile.of([said(*NAMES, department="law")] * PEOPLE, ["groups", "title"])
    assert set(known.paths) == {"groups"}
    assert Profile.parse(known.plain()) == known
    assert known.paths["groups"].many == len(NAMES)
