"""Who may what at the API: every endpoint, every kind of caller."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import get_resolver
from django.utils import timezone

from gateway.api.endpoint import Endpoint
from gateway.api_tokens.models import ApiToken
from gateway.flows import api_tokens
from gateway.flows.inbox import Source
from providers.models import Provider
from provisioning.models import Account, HeldRole
from tests.gateway.api.programs import (
    BOTH,
    CORP,
    PROVIDERS,
    RULES,
    Browser,
    Program,
    corp,
    token_of,
)
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import account, browser_of, staff

pytestmark = pytest.mark.usefixtures("db", "redis_url")

ONE = f"{PROVIDERS}/corp"
SAID = {name: CORP[name] for name in ("name", "protocol", "settings")}
ASKED: dict[str, tuple[str, str, object]] = {
    "me": ("GET", "/api/v1/me", None),
    "schema": ("GET", "/api/v1/schema", None),
    "list": ("GET", PROVIDERS, None),
    "create": ("POST", PROVIDERS, CORP | {"slug": "other"}),
    "read": ("GET", ONE, None),
    "replace": ("PUT", ONE, SAID),
    "change": ("PATCH", ONE, {"name": "New"}),
    "delete": ("DELETE", ONE, None),
}
READS, WRITES = {"list", "read"}, {"create", "replace", "change", "delete"}


def anonymous() -> Program:
    return Program()


def employee() -> Program:
    return Browser(account("ada"))


def staff_without_permissions() -> Program:
    return Browser(staff(permissions=""))


def viewer() -> Program:
    return Browser(staff(permissions="view_provider"))


def permissions_without_staff() -> Program:
    dora = staff()
    Account.objects.filter(pk=dora.pk).update(is_staff=False)
    return Browser(dora)


def admin() -> Program:
    return Browser(staff())


def admin_without_csrf() -> Program:
    return Browser(staff(), forged=True)


def reading_token() -> Program:
    return Program(token_of(staff(), ("providers:read",)))


def writing_token() -> Program:
    return Program(token_of(staff(), ("providers:write",)))


def token_of_no_scope() -> Program:
    dora = staff()
    program = Program(token_of(dora))
    ApiToken.objects.update(scopes=[])
    return program


def token_of_a_viewer() -> Program:
    return Program(token_of(staff(permissions="view_provider")))


def token_of_somebody_demoted() -> Program:
    dora = staff()
    program = Program(token_of(dora))
    Account.objects.filter(pk=dora.pk).update(is_staff=False)
    return program


def token_of_somebody_who_lost_the_role() -> Program:
    dora = staff()
    program = Program(token_of(dora))
    dora.groups.clear()
    return program


def token_of_somebody_closed() -> Program:
    dora = staff()
    program = Program(token_of(dora))
    close(dora.pk, source=Source.COMMAND, by="operator")  # nobody else administers here
    return program


def expired_token() -> Program:
    program = Program(token_of(staff()))
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    return program


def revoked_token() -> Program:
    program = Program(token_of(staff()))
    api_tokens.revoke(ApiToken.objects.get().pk, actor="dora", now=timezone.now())
    return program


def unknown_token() -> Program:
    return Program("ghat_" + "x" * 43)


def bad_token_beside_a_good_cookie() -> Program:
    browser = Browser(staff())
    browser.client.defaults["HTTP_AUTHORIZATION"] = "Bearer ghat_nonsense"
    return browser


ALL = set(ASKED)
TABLE: list[tuple[Callable[[], Program], set[str], str]] = [
    # who, what is answered, and the code of all the rest
    (anonymous, set(), "session.missing"),
    (employee, {"me"}, "access.not-permitted"),
    (staff_without_permissions, {"me"}, "access.not-permitted"),
    (permissions_without_staff, {"me"}, "access.not-permitted"),
    (viewer, {"me"} | READS, "access.not-permitted"),
    (admin, ALL, ""),
    (admin_without_csrf, {"me"} | READS, "request.forged"),
    (reading_token, READS, "token.scope-missing"),
    (writing_token, READS | WRITES, ""),
    (token_of_no_scope, set(), "token.scope-missing"),
    (token_of_a_viewer, READS, "access.not-permitted"),
    (token_of_somebody_demoted, set(), "token.author-gone"),
    (token_of_somebody_who_lost_the_role, set(), "access.not-permitted"),
    (token_of_somebody_closed, set(), "token.ended"),
    (expired_token, set(), "token.ended"),
    (revoked_token, set(), "token.ended"),
    (unknown_token, set(), "token.unknown"),
    (bad_token_beside_a_good_cookie, set(), "token.unknown"),
]
LIVING = {reading_token, writing_token, token_of_no_scope, token_of_a_viewer}
LIVING |= {token_of_somebody_who_lost_the_role}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize(("who", "answered", "code"), TABLE, ids=[row[0].__name__ for row in TABLE])
def test_who_may_what(who: Callable[[], Program], answered: set[str], code: str, name: str) -> None:
    corp()
    another_administrator()  # or the last way into the console would stay
    before = list(Provider.objects.values())
    method, path, body = ASKED[name]
    answer = who().send(method, path, body, If_Match="*")
    if name in answered | {"schema"}:  # the schema is everybody's
        assert answer.status_code in {200, 201}, answer.content
        return
    wanted = "token.no-person" if name == "me" and who in LIVING else code
    assert answer.json()["code"] == wanted
    assert answer.status_code == (401 if wanted in UNKNOWN else 403)
    assert ("WWW-Authenticate" in answer) is (answer.status_code == 401)
    assert list(Provider.objects.values()) == before


def another_administrator() -> None:
    role, _ = Group.objects.get_or_create(name="gatehouse-admin")
    HeldRole.objects.create(
        account=account("cleo"),
        role=role,
        origin="hand",
        given_by="operator",
        since=timezone.now(),
    )


UNKNOWN = {
    "session.missing",
    "token.unknown",
    "token.ended",
    "token.author-gone",
}


def test_the_table_has_every_endpoint_and_every_method() -> None:
    found = set()
    for pattern in get_resolver().url_patterns:
        view = getattr(getattr(pattern, "callback", None), "cls", None)
        if view is not None and issubclass(view, Endpoint):
            path = "/" + str(pattern.pattern).replace("<slug:slug>", "corp")
            if path.startswith(RULES):
                continue  # tests.gateway.api.test_rules_who_may
            found |= {(method, path) for method in view.needs}
            offered = {m.upper() for m in view.http_method_names if hasattr(view, m)}
            assert offered == set(view.needs), view
    assert found == {(method, path) for method, path, _body in ASKED.values()}


@pytest.mark.parametrize(
    "said",
    ["", "Bearer", "Bearer ", "Basic YTpi", "ghat_x", "Bearer eyJ.a.b", "Bearer  ghat_x", "\xe9"],
)
def test_another_credential_is_refused_and_never_taken_for_the_cookies(said: str) -> None:
    browser = browser_of(staff())
    answer = browser.get("/api/v1/me", headers={"Authorization": said})
    assert (answer.status_code, answer.json()["code"]) == (401, "token.unknown")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "DPoP", ""])
def test_a_token_is_a_bearers_and_nothing_else(scheme: str) -> None:
    asked = Program(token_of(staff()))
    assert asked.get(PROVIDERS).status_code == 200
    said = asked.client.defaults
    said["HTTP_AUTHORIZATION"] = said["HTTP_AUTHORIZATION"].replace("Bearer", scheme)
    assert asked.get(PROVIDERS).json()["code"] == "token.unknown"


def test_a_token_is_taken_from_the_header_alone() -> None:
    token = token_of(staff(), BOTH)
    nobody = Program()
    for answer in (
        nobody.get(f"{PROVIDERS}?access_token={token}"),
        nobody.get(f"{PROVIDERS}?token={token}"),
        nobody.send("POST", PROVIDERS, CORP | {"access_token": token}),
        nobody.send("GET", PROVIDERS, X_API_Key=token),
    ):
        assert answer.json()["code"] == "session.missing"


def test_no_answer_and_no_log_has_the_token(caplog: pytest.LogCaptureFixture) -> None:
    token = token_of(staff(), ("providers:read",))
    caplog.set_level(0)
    asked = Program(token)
    for method, path, body in ASKED.values():
        assert token[5:] not in asked.send(method, path, body).content.decode()
    revoked = ApiToken.objects.get()
    api_tokens.revoke(revoked.pk, actor="dora", now=timezone.now())
    assert token[5:] not in asked.get(PROVIDERS).content.decode()
    assert token[5:] not in caplog.text
