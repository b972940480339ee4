"""What a proxy forwards is read in one way, and from nobody but a trusted one."""

from ipaddress import ip_network

import pytest

from gateway.edge.request import Reader, RequestRefused

READER = Reader((ip_network("10.0.0.0/8"), ip_network("::1/128")))
FORWARDED = {
    "x-forwarded-host": "wiki.corp.example",
    "x-forwarded-proto": "https",
    "x-forwarded-uri": "/page?q=1",
    "x-forwarded-method": "POST",
    "x-forwarded-for": "198.51.100.7",
}


def read(peer="10.0.0.1", target="/forward-auth", method="GET", more=(), **changed):
    headers = FORWARDED | {name.replace("_", "-"): value for name, value in changed.items()}
    pairs = [(name, value) for name, value in headers.items() if value is not None]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in [*pairs, *more]]
    return READER.read(peer=peer, method=method, target=target, headers=raw)


def test_what_is_forwarded_is_what_the_browser_asked():
    request = read()
    assert (request.method, request.host, request.path, request.query) == (
        "POST",
        "wiki.corp.example",
        "/page",
        "q=1",
    )
    assert request.address == "198.51.100.7"


@pytest.mark.parametrize("peer", ["192.0.2.1", "", "nonsense", "11.0.0.1", "::2"])
def test_nobody_but_a_trusted_proxy_is_believed(peer):
    with pytest.raises(RequestRefused):
        read(peer=peer)


@pytest.mark.parametrize(
    "target", ["/forward-auth", "/auth-request", "/refusal", "/forward-auth?a"]
)
def test_a_question_that_says_nothing_of_an_address_is_refused(target):
    assert read(target=target).path == "/page"
    with pytest.raises(RequestRefused):
        read(target=target, x_forwarded_uri=None)
    for strange in ("", "page", "http://wiki.corp.example/", "*", "/" * 9000):
        with pytest.raises(RequestRefused):
            read(target=target, x_forwarded_uri=strange)


def test_a_path_of_ours_is_judged_as_it_came():
    request = read(target="/.gatehouse/enter?id=1")
    assert (request.method, request.path, request.query) == ("GET", "/.gatehouse/enter", "id=1")


@pytest.mark.parametrize(
    "name",
    [name for name in FORWARDED if name != "x-forwarded-method"]
    + ["origin", "sec-fetch-mode", "sec-fetch-site", "x-gatehouse-client-certificate"],
)
def test_a_header_that_came_twice_means_nothing(name):
    with pytest.raises(RequestRefused, match="twice"):
        read(more=[(name, "/other"), (name, "/another")])


def test_a_method_that_came_twice_means_nothing():
    with pytest.raises(RequestRefused, match="twice"):
        read(more=[("x-forwarded-method", "GET"), ("x-forwarded-method", "POST")])


def test_a_cookie_header_in_parts_is_one():
    request = read(more=[("cookie", "a=1"), ("cookie", "b=2")])
    assert request.header(b"cookie") == "a=1; b=2"


@pytest.mark.parametrize(
    ("host", "proto", "expected"),
    [
        ("Wiki.Corp.Example", "https", "wiki.corp.example"),
        ("wiki.corp.example:443", "https", "wiki.corp.example"),
        ("wiki.corp.example:443", "http", "wiki.corp.example:443"),
        ("wiki.corp.example:80", "HTTP", "wiki.corp.example"),
        ("wiki.corp.example:8443", "https", "wiki.corp.example:8443"),
        ("[::1]:8000", "http", "[::1]:8000"),
    ],
)
def test_a_host_is_normalised_as_cookies_are_bound_to_it(host, proto, expected):
    assert read(x_forwarded_host=host, x_forwarded_proto=proto).host == expected


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "wiki.corp.example, evil.example",
        "user@wiki.corp.example",
        "wiki.corp.example/",
        "wiki.corp.example:99999",
        "wiki\xff",
        "wiki.corp.example:",
        "[::1",
        "a b",
    ],
)
def test_a_host_that_cannot_be_read_is_refused(host):
    with pytest.raises(RequestRefused):
        read(x_forwarded_host=host)


@pytest.mark.parametrize("proto", ["ws", "https, http", "", "javascript"])
def test_a_scheme_that_is_none_of_ours_is_refused(proto):
    with pytest.raises(RequestRefused):
        read(x_forwarded_proto=proto)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("203.0.113.9,198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_last_address_that_is_no_proxy_of_ours_is_the_browsers(forwarded, address):
    assert read(x_forwarded_for=forwarded).address == address


@pytest.mark.parametrize(
    "forwarded", [None, "", "nonsense", "198.51.100.7, ", "198.51.100.7:80", "unknown", "\xff"]
)
def test_an_address_that_cannot_be_read_is_refused(forwarded):
    for target in ("/forward-auth", "/.gatehouse/start"):
        with pytest.raises(RequestRefused):
            read(target=target, x_forwarded_for=forwarded)


@pytest.mark.parametrize(
    ("headers", "navigates"),
    [
        ({"sec-fetch-mode": "navigate"}, True),
        ({"sec-fetch-mode": "cors", "accept": "text/html"}, False),
        ({"sec-fetch-mode": "no-cors"}, False),
        ({"accept": "text/html,*/*", "x-forwarded-method": "GET"}, True),
        ({"accept": "text/html", "x-forwarded-method": "POST"}, False),
        ({"accept": "*/*", "x-forwarded-method": "GET"}, False),
    ],
)
def test_only_a_person_who_goes_to_a_page_can_be_sent_elsewhere(headers, navigates):
    given = {name.replace("-", "_"): value for name, value in headers.items()}
    assert read(**given).navigates is navigates


def test_no_cookie_is_in_what_a_log_would_show_of_a_request():
    request = read(more=[("cookie", "secret=in-clear")])
    assert "in-clear" not in f"{request} {request!r}"
