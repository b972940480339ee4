"""A browser is called as a person would call it, whatever it sends."""

import pytest

from gateway.sessions.client import family

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CASES = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0": (
        "Firefox on Windows"
    ),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/150.0.0.0 Safari/537.36": (
        "Chrome on Windows"
    ),
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0": (
        "Edge on Windows"
    ),
    f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/150.0.0.0 Mobile Safari/537.36": (
        "Chrome on Android"
    ),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/150.0.0.0 Safari/537.36": (
        "Chrome on ChromeOS"
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.6 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.6 Safari/605.1.15": "Safari on Mac",
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/150.0.0.0 Safari/537.36 OPR/134.0.0.0": (
        "Opera on Linux"
    ),
    "curl/8.5.0": "curl",
    "Wget/1.21 (linux-gnu)": "",
    "": "",
    "<script>alert(1)</script>": "",
    "x" * 600 + " Firefox/140.0": "",
}


@pytest.mark.parametrize(("sent", "called"), CASES.items(), ids=[*map(str, range(len(CASES)))])
def test_a_browser_is_called_by_its_family(sent: str, called: str) -> None:
    assert family(sent) == called
