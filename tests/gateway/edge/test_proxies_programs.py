"""Through every proxy: programs come in by a token where the app says so, and no app sees one."""

import time
from base64 import urlsafe_b64encode
from dataclasses import replace

import jwt
import pytest

from gateway.sessions import cookie
from tests.gateway.edge import proxies
from tests.gateway.edge.conftest import eventually
from tests.gateway.edge.proxies import ask
from tests.gateway.sessions.people import ada
from tests.gateway.sessions.programs import handle, importer, token

PROGRAM = "Accept: application/json"
PERSONS = "ghat_" + "a" * 43  # a token of the API alone


@pytest.fixture
def reached(stack):
    stack.app.reached.clear()
    return stack.app.reached


@pytest.fixture
def shown(store):
    text = token()
    store.programs.put({handle(text): importer()})
    return text


def bearer(text):
    return f"Authorization: Bearer {text}"


def test_a_program_comes_in_and_the_app_learns_who_it_is_and_never_its_token(proxy, shown, reached):
    answer = ask(proxy, "/machines/import", bearer(shown), PROGRAM, method="POST", body=b"rows")
    assert answer.status == 200
    assert answer.reached_the_app_with("gatehouse-account") == [importer().session.account]
    assert answer.reached_the_app_with("gatehouse-user") == ["importer"]
    assert answer.reached_the_app_with("gatehouse-roles") == ["importer"]
    assert answer.reached_the_app_with("authorization") == []
    [assertion] = answer.reached_the_app_with("assertion")
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert (claims["program"], claims["sub"]) == (True, importer().session.account)
    assert "acr" not in claims
    assert shown.encode() not in answer.body


@pytest.mark.parametrize("target", ["/page", "/admin", "/assets/a.css", "/vault"])
def test_elsewhere_its_token_opens_nothing_and_the_app_is_not_reached(
    proxy, shown, signed_in, reached, target
):
    for lines in ((bearer(shown),), (bearer(shown), signed_in)):
        answer = ask(proxy, target, *lines, PROGRAM)
        assert answer.status == 403
        assert b"program.not-here" in answer.body
    assert reached == []


def test_a_token_that_opens_nothing_never_reaches_the_app(proxy, shown, signed_in, reached):
    unknown = token()
    for text, status in ((unknown, 401), (PERSONS, 401), (shown + "x", 401), (shown[:-1], 401)):
        assert ask(proxy, "/machines", bearer(text), PROGRAM).status == status
        # Not by the cookie either: what looks like a token of ours stops here.
        assert ask(proxy, "/machines", bearer(text), signed_in, PROGRAM).status == status
        assert ask(proxy, "/page", bearer(text), signed_in, PROGRAM).status == 403
    for line in (
        f"Authorization: {shown}",
        f"Authorization: Basic {shown}",
        f'Authorization: Token token="{shown}"',
    ):
        assert ask(proxy, "/machines", line, PROGRAM).status == 401
    assert reached == []


def test_the_apps_own_credential_passes_as_before(proxy, signed_in):
    own = "Bearer eyJ.own-xghsa_credential.of-the-app"
    answer = ask(proxy, "/page", signed_in, f"Authorization: {own}")
    assert answer.status == 200
    assert answer.reached_the_app_with("authorization") == [own]
    public = ask(proxy, "/assets/a.css", f"Authorization: {own}")
    assert public.reached_the_app_with("authorization") == [own]
    without = ask(proxy, "/page", signed_in)
    assert without.reached_the_app_with("authorization") == []


def test_what_it_lacks_is_told_as_to_a_program(proxy, store, reached):
    other, poor, over = token(), token(), token()
    soon = ada().started_at
    store.programs.put(
        {
            handle(other): importer(apps=("payroll",)),
            handle(poor): importer(roles=frozenset({"deployer"})),
            handle(over): importer(expires_at=soon.replace(year=soon.year - 1)),
        }
    )
    for text, status in ((other, 403), (poor, 403), (over, 401)):
        answer = ask(proxy, "/machines", bearer(text), "Sec-Fetch-Mode: navigate")
        assert answer.status == status
        assert answer["location"] == ""
        assert answer["content-type"] == "application/problem+json"
    assert reached == []


def test_where_a_certificate_is_asked_for_the_token_alone_is_not_enough(proxy, shown, reached):
    assert ask(proxy, "/pinned", bearer(shown), PROGRAM).status == 403
    assert reached == []


def test_when_it_is_revoked_every_edge_refuses_it_within_milliseconds(proxy, shown, store):
    assert ask(proxy, "/machines", bearer(shown), PROGRAM).status == 200
    begun = time.monotonic()
    assert store.programs.end([handle(shown)]) == 1
    eventually(lambda: ask(proxy, "/machines", bearer(shown), PROGRAM).status == 401)
    assert time.monotonic() - begun < 0.5  # the machine may be busy


def test_a_lost_role_counts_from_then_on(proxy, shown, store):
    assert ask(proxy, "/machines", bearer(shown), PROGRAM).status == 200
    store.programs.put({handle(shown): importer(roles=frozenset(), generation=1)})
    eventually(lambda: ask(proxy, "/machines", bearer(shown), PROGRAM).status == 403)


def test_a_person_of_the_path_still_signs_in(proxy, store, ring, reached):
    strong = ada(roles=frozenset({"importer"}), acr="urn:gold")
    for session, status in ((strong, 200), (replace(strong, acr="1"), 401)):
        made = store.start(session)
        line = f"Cookie: {cookie.NAME}={cookie.write(made, proxies.HOST, ring)}"
        assert ask(proxy, "/machines", line, PROGRAM).status == status


def test_a_session_is_no_token_and_a_token_no_session(proxy, store, ring, reached):
    made = store.start(ada(roles=frozenset({"importer"})))
    value = cookie.write(made, proxies.HOST, ring)
    for text in (made.secret, f"ghsa_{made.tag}{made.secret}", value):
        assert ask(proxy, "/machines", bearer(text), PROGRAM).status == 401
    text = token()
    store.programs.put({handle(text): importer()})
    secret = urlsafe_b64encode(text.encode()).decode()[:43]
    for said in (text, f"1.a.{text[5:8]}.{text[8:]}.{secret}"):
        assert ask(proxy, "/page", f"Cookie: {cookie.NAME}={said}", PROGRAM).status == 401
    assert reached == []
