"""Whatever a stranger sends, it is answered by a page of ours and is never a fault of ours."""

from io import BytesIO
from urllib.parse import quote

import pytest
from django.test import Client, RequestFactory

from gateway.web.handler import Handler

HOST = "gateway.corp.localhost:8000"
pytestmark = pytest.mark.usefixtures("db", "redis_url")


@pytest.fixture
def client() -> Client:
    return Client(headers={"Host": HOST}, enforce_csrf_checks=True)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/nobody", "/link/nobody", "/nowhere"])
@pytest.mark.parametrize("wanted", ["http://[", "https://[::1", "https://a\u2100b/"])
def test_an_address_to_come_back_to_that_is_none_is_told_calmly(
    client: Client, path: str, wanted: str
) -> None:
    answer = client.get(path, {"return_to": wanted})
    assert answer.status_code in {400, 404}
    assert wanted not in answer.content.decode()


def test_an_error_page_leads_to_no_stranger(client: Client) -> None:
    for wanted, led in (("https://evil.example/", False), ("/admin/", True)):
        page = client.get("/sign-in/nobody", {"return_to": wanted}).content.decode()
        assert (f"return_to={quote(wanted, safe='')}" in page) is led


@pytest.mark.parametrize("path", ["/sign-in", "/oidc/nobody/callback", "/nowhere"])
def test_more_fields_than_any_address_of_ours_has_are_refused(client: Client, path: str) -> None:
    answer = client.get(f"{path}?{'&'.join(f'f{n}=1' for n in range(200))}")
    assert answer.status_code in {400, 404}


@pytest.mark.parametrize("codec", ["hex", "rot13", "punycode", "undefined", "utf-16", "cp037"])
@pytest.mark.parametrize(
    ("method", "kind"), [("GET", "text/plain"), ("POST", "application/x-www-form-urlencoded")]
)
def test_a_header_does_not_choose_how_a_request_is_read(codec: str, method: str, kind: str) -> None:
    environ = RequestFactory()._base_environ(
        REQUEST_METHOD=method,
        PATH_INFO="/saml/nobody/acs",
        QUERY_STRING="return_to=%2Fadmin%2F",
        CONTENT_TYPE=f"{kind}; charset={codec}",
        CONTENT_LENGTH=12,
        HTTP_HOST=HOST,
        **{"wsgi.input": BytesIO(b"RelayState=a")},
    )
    answer = Handler().get_response(Handler.request_class(environ))
    assert answer.status_code == (405 if method == "GET" else 400)
    assert method == "GET" or b"took too long or was used before" in answer.content


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\n", "multipart/form-data"),
        (b"--x\r\n", "multipart/form-data; boundary="),
        (b"", "multipart/form-data; boundary=\xe9"),
        (b"a=" + b"b" * 500_000, "application/x-www-form-urlencoded"),
        (b"SAMLResponse=" + b"b" * 400_000, "application/x-www-form-urlencoded"),
        (b"a=1&" * 300, "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(client: Client, body: bytes, kind: str) -> None:
    assert client.post("/saml/nobody/acs", body, content_type=kind).status_code == 400


def test_an_app_of_a_name_that_no_database_holds_is_no_app(client: Client) -> None:
    assert client.get("/signed-out?app=%00").status_code == 200


@pytest.mark.parametrize(
    "said", ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi"]
)
def test_whoever_is_not_the_edge_ends_no_session(client: Client, said: str) -> None:
    answer = client.post("/internal/sign-out", headers={"Authorization": said})
    assert answer.status_code == 401


@pytest.mark.parametrize(("escapes", "words"), [(30_001, "cannot be read"), (29_999, "too long")])
def test_a_form_of_escapes_alone_is_refused_before_it_is_read(escapes: int, words: str) -> None:
    form = b"RelayState=a&SAMLResponse=" + b"%41" * escapes
    environ = RequestFactory()._base_environ(
        REQUEST_METHOD="POST",
        PATH_INFO="/saml/nobody/acs",
        CONTENT_TYPE="application/x-www-form-urlencoded",
        CONTENT_LENGTH=len(form),
        HTTP_HOST=HOST,
        **{"wsgi.input": BytesIO(form)},
    )
    answer = Handler().get_response(Handler.request_class(environ))
    assert answer.status_code == 400
    assert words in answer.content.decode()
