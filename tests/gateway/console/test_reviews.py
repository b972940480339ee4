"""Access reviews in the console: begun, gone through, closed, taken along."""

import re
from hashlib import sha256
from html import unescape
from typing import Any

import pytest

from gateway.audit.models import AuditEvent
from gateway.console.reviews import views
from gateway.reviews.models import Review
from provisioning.models import Account, HeldRole
from tests.gateway.flows.reviews.reviewing import by_hand, by_rule
from tests.gateway.pages.signed_in import account, browser_of, staff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]
LIST = "/console/reviews/"
SAID = {"name": "Payroll, autumn", "subject": "role:payroll", "reviewer": "dora", "days": "14"}


@pytest.fixture
def dora() -> Account:
    by_hand(account("ada"), "payroll")
    by_rule(account("ben"), "payroll")
    return staff()


def begun(client: Any, **said: str) -> Review:
    answer = client.post(f"{LIST}begin/", SAID | said)
    assert answer.status_code == 302, answer.content.decode()
    return Review.objects.latest("made_at")


def keys(review: Review, *usernames: str) -> list[str]:
    return [str(each.pk) for each in review.items.filter(account__username__in=usernames)]


def test_a_review_is_begun_gone_through_closed_and_taken_along(dora: Account) -> None:
    client = browser_of(dora)
    review = begun(client)
    page = client.get(f"{LIST}{review.pk}/").content.decode()
    assert "2 of 2 undecided" in page
    assert "rule clerks v1 (corp)" in page
    said = {"item": keys(review, "ada", "ben"), "decision": "remove", "reason": "moved"}
    told = client.post(f"{LIST}{review.pk}/decide/", said, follow=True).content.decode()
    assert "2 are decided." in told
    assert "One of them has the role by a rule as well" in told
    assert list(HeldRole.objects.values_list("account__username", flat=True)) == ["ben"]
    asked = client.get(f"{LIST}{review.pk}/close/").content.decode()
    assert "One that was to be removed has it yet, by a rule." in asked
    done = client.post(f"{LIST}{review.pk}/close/", follow=True).content.decode()
    review.refresh_from_db()
    assert review.evidence in done
    taken = client.post(f"{LIST}{review.pk}/evidence/")
    assert taken["Content-Disposition"].startswith("attachment;")
    assert sha256(b"".join(taken.streaming_content)).hexdigest() == review.evidence
    assert "2 of 2" in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "a\0b"}, "Null characters are not allowed"),
        ({"subject": "role:nobody"}, "not one of the available choices"),
        ({"subject": ""}, "This field is required"),
        ({"reviewer": "ada"}, "is nobody who may decide in reviews"),
        ({"days": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_no_review_can_be_is_told_beside_its_field(
    dora: Account, wrong: dict[str, str], told: str
) -> None:
    answer = browser_of(dora).post(f"{LIST}begin/", SAID | wrong)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"item": ["1"]},
        {"decision": "keep"},
        {"item": ["x", "-1", "9" * 30, "²"], "decision": "keep"},
        {"item": ["1"], "decision": "burn"},
    ],
)
def test_a_form_that_says_nothing_decides_nothing(dora: Account, said: dict[str, Any]) -> None:
    client = browser_of(dora)
    review = begun(client)
    told = client.post(f"{LIST}{review.pk}/decide/", said, follow=True)
    assert "Nothing was decided" in told.content.decode()
    assert not review.items.exclude(decision="").exists()


def test_whoever_may_look_neither_begins_nor_decides_nor_closes(dora: Account) -> None:
    review = begun(browser_of(dora))
    dora.groups.get(name="gatehouse-admin").permissions.exclude(codename="view_review").delete()
    client = browser_of(dora)
    assert client.get(f"{LIST}{review.pk}/").status_code == 200
    said = {"item": keys(review, "ada"), "decision": "remove"}
    for address in ("begin/", *(f"{review.pk}/{verb}/" for verb in ("decide", "close", "hand-on"))):
        assert client.post(f"{LIST}{address}", said).status_code == 403
    assert not review.items.exclude(decision="").exists()


def test_nobody_looks_without_permission(dora: Account) -> None:
    review = begun(browser_of(dora))
    dora.groups.get(name="gatehouse-admin").permissions.filter(codename="view_review").delete()
    client = browser_of(dora)
    for address in ("", f"{review.pk}/"):
        assert client.get(f"{LIST}{address}").status_code == 403
    assert client.post(f"{LIST}{review.pk}/evidence/").status_code == 403


def test_the_evidence_is_for_whose_review_it_is_and_on_record(dora: Account) -> None:
    review = begun(browser_of(dora))
    assert browser_of(dora).post(f"{LIST}{review.pk}/evidence/").status_code == 200
    event = AuditEvent.objects.get(event="people.exported")
    assert event.detail["list"] == "access-review"
    dora.groups.get(name="gatehouse-admin").permissions.exclude(codename="view_review").delete()
    other = browser_of(staff("cleo", permissions="view_review"))
    assert other.post(f"{LIST}{review.pk}/evidence/").status_code == 403


def test_whose_line_was_erased_is_said_beside_the_digest(dora: Account) -> None:
    client = browser_of(dora)
    review = begun(client)
    client.post(f"{LIST}{review.pk}/close/")
    assert "line is gone" not in client.get(f"{LIST}{review.pk}/").content.decode()
    review.items.filter(account__username="ada").delete()
    assert "One line is gone since" in client.get(f"{LIST}{review.pk}/").content.decode()


def test_it_is_handed_on_by_name(dora: Account) -> None:
    client = browser_of(dora)
    review, cleo = begun(client), staff("cleo")
    said = client.post(f"{LIST}{review.pk}/hand-on/", {"reviewer": "nobody"}, follow=True)
    assert "nobody else who may decide" in said.content.decode()
    client.post(f"{LIST}{review.pk}/hand-on/", {"reviewer": "cleo"})
    review.refresh_from_db()
    assert review.reviewer == str(cleo.pk)


def test_the_next_page_is_the_next_page(dora: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PER_PAGE", 1)
    client = browser_of(dora)
    review = begun(client)
    for state in ("", "state=all"):
        page = client.get(f"{LIST}{review.pk}/?{state}").content.decode()
        [following] = re.findall(r'rel="next" href="([^"]+)"', page)
        assert (
            "Page 2 of 2" in client.get(f"{LIST}{review.pk}/{unescape(following)}").content.decode()
        )


def test_she_who_is_in_it_herself_sees_that_somebody_else_has_to_decide(dora: Account) -> None:
    by_hand(dora, "payroll")
    client = browser_of(dora)
    review = begun(client)
    assert "this is you" in client.get(f"{LIST}{review.pk}/").content.decode()
    said = {"item": keys(review, "dora"), "decision": "keep"}
    told = client.post(f"{LIST}{review.pk}/decide/", said, follow=True).content.decode()
    assert "yours was left out" in told


def test_pages_beyond_the_last_and_states_that_there_are_not_are_answered(dora: Account) -> None:
    client = browser_of(dora)
    review = begun(client)
    for query in ("page=99999999999999999999", "page=x", "state=x", "state=all&page=-1"):
        assert client.get(f"{LIST}{review.pk}/?{query}").status_code == 200
        assert client.get(f"{LIST}?{query}").status_code == 200


def test_the_overview_says_what_waits_for_whoever_decides_and_to_nobody_else(dora: Account) -> None:
    client = browser_of(dora)
    review = begun(client)
    shown = client.get("/admin/").content.decode()
    assert "Access review Payroll, autumn" in shown
    assert "2 decisions wait for you" in shown
    others = browser_of(staff("cleo")).get("/admin/").content.decode()
    assert "Access review Payroll, autumn" not in others
    client.post(
        f"{LIST}{review.pk}/decide/", {"item": keys(review, "ada", "ben"), "decision": "keep"}
    )
    assert "decisions wait" not in client.get("/admin/").content.decode()


def test_the_overview_does_not_count_what_somebody_else_has_to_decide(dora: Account) -> None:
    by_hand(dora, "payroll")
    client = browser_of(dora)
    begun(client)
    assert "2 decisions wait for you" in client.get("/admin/").content.decode()
