"""Break-glass accounts are set up by a link, are a kind of their own, and are loud."""

from dataclasses import replace

import pytest
from allauth.mfa.models import Authenticator
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from gateway.api_tokens.models import ApiToken
from gateway.audit.models import AuditEvent
from gateway.break_glass.models import BreakGlass, BreakGlassUse
from gateway.flows import api_tokens
from gateway.flows.errors import NotPermitted, TokenEnded
from gateway.flows.local import make_admin_link
from provisioning.errors import LinkConflict
from provisioning.models import Account, LinkedIdentity
from tests.journeys.breaking_glass import (
    EMAIL,
    PASSWORD,
    equipped,
    give_password,
    link,
    set_up,
    sign_in,
)
from tests.journeys.browser import Browser

pytestmark = pytest.mark.usefixtures("db", "redis_url")


@pytest.fixture(autouse=True)
def _on(settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, break_glass=True)


def test_the_link_works_once_and_for_an_hour(browser: Browser, settings) -> None:
    url = link()
    secret = url.rpartition("/")[2]
    assert set_up(browser, url)[0].status_code == 200
    assert browser.get(url).status_code == 404
    late = link("erin@corp.example").rpartition("/")[2]
    BreakGlass.objects.filter(account__email="erin@corp.example").update(
        set_up_until=timezone.now()
    )
    assert browser.get(f"/local/set-up/{late}").status_code == 404
    kept = str(list(BreakGlass.objects.values_list("set_up_digest", flat=True)))
    assert secret not in kept
    assert late not in kept


def test_a_fault_leaves_the_link_and_the_app_that_was_scanned(browser: Browser) -> None:
    url = link()
    for fields in ({"again": "other"}, {"password": "short", "again": "short"}, {"code": "000000"}):
        answer, holder = set_up(browser, url, **fields)
        assert answer.status_code == 400
        assert f"<code>{holder.secret}</code>" in answer.content.decode()
    assert not Authenticator.objects.exists()
    assert not Account.objects.get().has_usable_password()
    assert set_up(browser, url)[0].status_code == 200


@pytest.mark.parametrize("bad", ["\0" * 20, "²" * 20, "a" * 100_000], ids=["nul", "digit", "long"])
def test_whatever_is_typed_into_the_form_of_a_link_has_an_answer_beside_its_field(
    browser: Browser, bad: str
) -> None:
    url = link()
    for fields in ({"code": bad}, {"again": bad}, {"sealed": bad}):
        assert set_up(browser, url, **fields)[0].status_code == 400
    answer, _ = set_up(browser, url, password=bad, again=bad)
    assert answer.status_code in (200, 400)
    assert browser.get("/local/set-up/%00%ff" + "a" * 300).status_code == 404


def test_what_was_offered_to_one_link_is_not_taken_by_another(browser: Browser) -> None:
    other = browser.get(link("erin@corp.example")).content.decode()
    sealed = other.partition('name="sealed" value="')[2].partition('"')[0]
    assert set_up(browser, link(), sealed=sealed)[0].status_code == 400


def test_a_new_link_replaces_password_and_factors_and_ends_sessions(browser: Browser) -> None:
    old = equipped()
    sign_in(browser, old)
    new = equipped()
    assert browser.session is None
    assert Account.objects.count() == 1
    other = Browser()
    give_password(other)
    other.get("/local/second")
    assert other.post("/local/second", {"code": old.codes[0]}).status_code == 403
    assert other.post("/local/second", {"code": new.codes[0]}).status_code == 303


def test_a_new_link_ends_at_once_what_the_account_had_opened(browser: Browser) -> None:
    sign_in(browser, equipped())
    account = str(Account.objects.get().pk)
    now = timezone.now()
    made = api_tokens.make(
        account=account, name="old", scopes=["providers:read"], days=90, actor=account, now=now
    )
    url = link()
    assert browser.session is None
    with pytest.raises(TokenEnded):
        api_tokens.opened(made.text, now=timezone.now())
    event = AuditEvent.objects.filter(event="break-glass-link.made").latest("pk")
    assert event.detail["tokens"] == [made.row.actor]
    later = api_tokens.make(
        account=account, name="new", scopes=["providers:read"], days=90, actor=account, now=now
    )
    set_up(Browser(), url)
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    event = AuditEvent.objects.get(event="break-glass.equipped", detail__tokens__0=later.row.actor)
    assert event.account == account


def test_nobody_signs_in_before_it_is_set_up(browser: Browser) -> None:
    link()
    assert give_password(browser, "").status_code == 403
    assert give_password(Browser()).status_code == 403


def test_nothing_of_it_stands_in_clear_in_the_database() -> None:
    holder = equipped()
    kept = str(list(Authenticator.objects.values()))
    account = Account.objects.get()
    assert holder.secret not in kept
    assert not any(code in kept for code in holder.codes)
    assert account.password.startswith("argon2$argon2id$")


def test_while_it_is_off_there_is_no_such_door(browser: Browser, settings) -> None:
    holder = equipped()
    url = link("erin@corp.example")
    give_password(browser)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, break_glass=False)
    answers = [
        browser.get("/local/"),
        browser.post("/local/", {"email": EMAIL, "password": PASSWORD}),
        browser.get("/local/second"),
        browser.post("/local/second", {"code": holder.code(1)}),
        browser.get(url),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert "without your company" not in browser.get("/sign-in").content.decode()
    with pytest.raises(NotPermitted):
        link()


def test_the_sign_in_page_shows_the_way(browser: Browser) -> None:
    assert 'href="/local/?return_to=%2F"' in browser.get("/sign-in").content.decode()


def test_no_identity_of_a_provider_ever_belongs_to_it() -> None:
    equipped()
    now = timezone.now()
    with pytest.raises(LinkConflict):
        LinkedIdentity.objects.create(
            account=Account.objects.get(),
            issuer="https://evil.example",
            subject="dora",
            provider="evil",
            first_seen=now,
            last_seen=now,
        )


def test_a_provider_that_vouches_for_its_address_makes_another_account(
    browser: Browser, idp: object
) -> None:
    equipped()
    browser.sign_in(person="dora")
    assert browser.session is not None
    assert browser.session.account != str(Account.objects.get(kind="breakglass").pk)


def test_an_admin_link_never_opens_it(browser: Browser) -> None:
    equipped()
    url = make_admin_link(email=EMAIL, now=timezone.now())
    browser.get(url)
    browser.post(url)
    assert browser.session is not None
    assert browser.session.account != str(Account.objects.get(kind="breakglass").pk)


def test_the_library_has_no_page_here() -> None:
    for name in ("account_login", "account_signup", "account_reset_password", "mfa_index"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_each_use_is_on_record_and_stands_on_the_overview(browser: Browser) -> None:
    holder = equipped()
    give_password(browser)
    browser.get("/local/second")
    browser.post("/local/second", {"code": "000000"})
    browser.post("/local/second", {"code": holder.codes[0]})
    account = str(Account.objects.get().pk)
    events = AuditEvent.objects.filter(event__startswith="break-glass").order_by("pk")
    assert [(row.event, row.account) for row in events] == [
        ("break-glass-link.made", account),
        ("break-glass.equipped", account),
        ("break-glass.refused", account),
        ("break-glass.used", account),
    ]
    assert events[2].detail == {"step": "second factor", "address": "127.0.0.1"}
    assert events[3].detail == {"factor": "recovery code", "address": "127.0.0.1"}
    kinds = BreakGlassUse.objects.order_by("pk").values_list("what", flat=True)
    assert list(kinds) == ["set-up", "refused", "recovered"]
    page = browser.get("/admin/").content.decode()
    assert "signed in with a recovery code" in page
    assert "Somebody else has to see this." in page


def test_a_use_stands_there_until_somebody_else_has_seen_it(browser: Browser) -> None:
    sign_in(browser, equipped())
    use = BreakGlassUse.objects.get(what="signed-in")
    assert browser.post(f"/console/break-glass/seen/{use.pk}/").status_code == 403
    other = Browser()
    admin = make_admin_link(email="admin@corp.example", now=timezone.now())
    other.get(admin)
    other.post(admin)
    assert "break-glass.dora@corp.example" in other.get("/admin/").content.decode()
    for use in BreakGlassUse.objects.all():
        assert other.post(f"/console/break-glass/seen/{use.pk}/").status_code == 302
    assert "break-glass.dora@corp.example" not in other.get("/admin/").content.decode()
    seen = AuditEvent.objects.filter(event="break-glass-use.seen")
    assert seen.count() == 2


def test_closing_it_in_the_console_ends_its_sessions(browser: Browser) -> None:
    holder = equipped()
    sign_in(browser, holder)
    admin = Browser()
    url = make_admin_link(email="admin@corp.example", now=timezone.now())
    admin.get(url)
    admin.post(url)
    account = Account.objects.get(kind="breakglass").pk
    assert "can sign in" in admin.get("/console/break-glass/").content.decode()
    page = admin.get(f"/console/break-glass/{account}/close/").content.decode()
    assert "One session ends now." in page
    assert browser.session is not None
    assert admin.post(f"/console/break-glass/{account}/close/").status_code == 302
    assert browser.session is None
    assert not Authenticator.objects.exists()
    assert give_password(Browser()).status_code == 403
    closed = AuditEvent.objects.get(event="account.deactivated")
    assert closed.detail["reason"] == "break-glass account closed"
    assert "closed" in admin.get("/console/break-glass/").content.decode()
