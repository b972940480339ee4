import pytest

from gateway.relying_parties.origins import OriginInvalid, normalised, usable


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://wiki.corp.example", "https://wiki.corp.example"),
        ("HTTPS://Wiki.Corp.Example/", "https://wiki.corp.example"),
        ("https://wiki.corp.example:443", "https://wiki.corp.example"),
        ("http://wiki.corp.localhost:80", "http://wiki.corp.localhost"),
        ("http://wiki.corp.localhost:8000", "http://wiki.corp.localhost:8000"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_an_origin_has_one_spelling(text, origin):
    assert normalised(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wiki.corp.example",
        "//wiki.corp.example",
        "https:/wiki.corp.example",
        "https:///wiki.corp.example",
        "https:\\\\wiki.corp.example",
        "https://wiki.corp.example\\@evil.example",
        "https://wiki.corp.example\\.evil.example",
        "https://ada@wiki.corp.example",
        "https://wiki.corp.example:8000@evil.example",
        "https://wiki.corp.example/path",
        "https://wiki.corp.example//",
        "https://wiki.corp.example?x",
        "https://wiki.corp.example#x",
        "https://*.corp.example",
        "https://wiki.corp.example.",
        "https://wiki..corp.example",
        "https://wiki.corp.example:0",
        "https://wiki.corp.example:0443",
        "https://wiki.corp.example:65536",
        "https://wiki.corp.example:",
        "https://wiki.corp.example\n",
        " https://wiki.corp.example",
        "https://wiki.corp\t.example",
        "https://wiki.corp.example\x00.evil.example",
        "https://wíki.corp.example",
        "https://wi\u212ai.corp.example",  # a Kelvin sign, whose lower case is an ordinary k
        "https://ﬀ.example",
        "https://wiki%2ecorp.example",
        "ftp://wiki.corp.example",
        "javascript:alert(1)",
        "https://" + "a" * 64 + ".example",
        "https://" + "a." * 200 + "example",
    ],
)
def test_what_two_parsers_might_read_in_two_ways_is_no_origin(text):
    with pytest.raises(OriginInvalid):
        normalised(text)


def test_an_app_over_plain_http_is_refused_outside_loopback():
    with pytest.raises(OriginInvalid, match="https://"):
        usable("http://wiki.corp.example")
    with pytest.raises(OriginInvalid, match="https://"):
        usable("http://localhost.evil.example:8000")


@pytest.mark.parametrize(
    "text",
    ["http://wiki.corp.localhost:8000", "http://localhost", "http://127.0.0.1:1", "http://[::1]:8"],
)
def test_an_app_on_loopback_may_use_plain_http(text):
    assert usable(text) == text
