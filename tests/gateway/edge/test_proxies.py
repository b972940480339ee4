"""Through every proxy: who comes in, who does not, and what each of them sees."""

from urllib.parse import parse_qs, urlsplit

import jwt

from gateway.sessions import cookie
from gateway.tokens.keys import public_jwks
from tests.gateway.edge.proxies import HOST, ask, send
from tests.gateway.sessions.people import ada

PAGE = "Sec-Fetch-Mode: navigate"


def test_whoever_is_signed_in_reaches_the_app_by_name(proxy, signed_in):
    answer = ask(proxy, "/page?q=1", signed_in)
    assert answer.status == 200
    assert answer.reached_the_app_with("x-gatehouse-user") == ["ada"]
    assert answer.reached_the_app_with("x-gatehouse-name") == ["Ada Byron"]
    assert answer.reached_the_app_with("x-gatehouse-roles") == ["a%2Cb,deployer,%E6%97%A5%E6%9C%AC"]


def test_the_app_receives_an_assertion_for_itself(proxy, signed_in, ring):
    [token] = ask(proxy, "/", signed_in).reached_the_app_with("assertion")
    keys = {key["kid"]: jwt.PyJWK(key) for key in public_jwks(ring)["keys"]}
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["ES256"], audience=f"http://{HOST}")
    assert claims["preferred_username"] == "ada"


def test_a_public_page_names_nobody(proxy, signed_in):
    answer = ask(proxy, "/assets/a.css", signed_in, "X-Gatehouse-User: root")
    assert answer.status == 200
    assert [value for value in answer.reached_the_app_with("gatehouse") if value] == []


def test_a_person_who_is_not_signed_in_is_sent_to_sign_in(proxy):
    answer = ask(proxy, "/page?q=1", PAGE)
    assert answer.status == 302
    assert answer["Location"] == f"http://{HOST}/.gatehouse/start?to=/page%3Fq%3D1"
    assert "no-store" in answer["Cache-Control"]


def test_a_program_that_is_not_signed_in_is_told_so(proxy):
    answer = ask(proxy, "/api", "Accept: application/json")
    assert answer.status == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_whoever_is_not_allowed_sees_whom_to_ask(proxy, signed_in):
    answer = ask(proxy, "/admin/users", signed_in, PAGE)
    assert answer.status == 403
    assert b"Ask Dora." in answer.body
    names = [name.lower() for name, _ in answer.headers]
    assert sorted(names) == sorted(set(names))
    assert len({"content-length", "transfer-encoding"} & set(names)) == 1


def test_a_forwarded_for_of_a_client_does_no_harm(proxy, signed_in):
    assert ask(proxy, "/", signed_in, "X-Forwarded-For: nonsense").status == 200
    assert ask(proxy, "/.gatehouse/start?to=/", PAGE, "X-Forwarded-For: nonsense").status == 302


def test_an_unknown_host_is_refused(proxy, signed_in):
    head = f"GET / HTTP/1.1\r\nHost: evil.example\r\n{signed_in}\r\nConnection: close\r\n\r\n"
    assert send(proxy, head.encode("latin-1")).status == 403


def test_a_cookie_of_the_app_in_any_alphabet_leaves_ours_alone(proxy, signed_in):
    foreign = "name=Zo\xc3\xab; " + signed_in.removeprefix("Cookie: ")
    assert ask(proxy, "/", f"Cookie: {foreign}").status == 200


def test_the_body_goes_to_the_app_and_the_apps_own_errors_to_the_person(proxy, signed_in):
    body = b"x" * 200_000
    assert ask(proxy, "/form", signed_in, method="POST", body=body).status == 200
    for status in (401, 403, 404, 500, 503):
        answer = ask(proxy, f"/own/{status}", signed_in, PAGE)
        assert answer.status == status
        assert b"GET /own/" in answer.body


def test_a_form_that_was_filled_in_for_too_long_leads_back_to_its_page(proxy):
    answer = ask(proxy, "/form", PAGE, method="POST", body=b"a=b")
    assert answer.status == 302
    assert answer["Location"].endswith("/.gatehouse/start?to=/form")


def test_starting_and_signing_out_are_the_edges_own_pages(proxy, signed_in):
    start = ask(proxy, "/.gatehouse/start?to=/page", PAGE)
    assert start.status == 302
    assert start["Location"].startswith("http://gateway.corp.localhost:8000/entry?id=")
    assert ask(proxy, "/.gatehouse/sign-out", signed_in).status == 405
    forged = ask(proxy, "/.gatehouse/sign-out", signed_in, "Origin: null", method="POST", body=b"a")
    assert forged.status == 403


def test_who_is_signed_in_too_weakly_is_led_to_more_and_programs_are_told_what(proxy, signed_in):
    answer = ask(proxy, "/vault?x=1", signed_in, PAGE)
    assert answer.status == 302
    start = urlsplit(answer["Location"])
    assert start.path == "/.gatehouse/start"
    asked = {"to": ["/vault?x=1"], "acr_values": ["urn:gold 2"], "max_age": ["300"]}
    assert parse_qs(start.query) == asked
    program = ask(proxy, "/vault", signed_in, "Accept: application/json")
    assert program.status == 401
    assert program.json["code"] == "session.step-up-needed"
    challenges = [value for name, value in program.headers if name.lower() == "www-authenticate"]
    said = 'error="insufficient_user_authentication", acr_values="urn:gold 2", max_age="300"'
    assert set(challenges) == {f"Cookie {said}"}


def test_who_is_signed_in_strongly_enough_comes_in(proxy, store, ring):
    token = store.start(ada(acr="2"))
    line = f"Cookie: {cookie.NAME}={cookie.write(token, HOST, ring)}"
    assert ask(proxy, "/vault", line).status == 200
