"""A cookie is worth something on its own host and nothing anywhere else."""

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import keyring
from gateway.config.keyring import KeyUse
from gateway.sessions import cookie
from gateway.sessions.session import SessionToken, account_tag
from tests.gateway.sessions.people import EDGE_RING, RING, RING_CONTENT, ada

HOST = "wiki.corp.example"
TOKEN = cookie.new_token("ada")
VALUE = cookie.write(TOKEN, HOST, RING)
HEADER = f"{cookie.NAME}={VALUE}"


def test_a_cookie_names_its_session_on_its_host():
    assert cookie.read(HEADER, HOST, RING) == TOKEN
    assert cookie.read(f"a=b; {HEADER};c=d", HOST, EDGE_RING) == TOKEN
    assert TOKEN.tag == account_tag("ada")


@pytest.mark.parametrize(
    "host", ["payroll.other.example", "wiki.corp.example:8443", "corp.example", "", "gateway.corp"]
)
def test_a_cookie_of_one_host_is_nothing_on_another(host):
    assert cookie.read(HEADER, host, RING) is None


def test_the_same_session_has_another_value_on_every_host():
    other = cookie.write(TOKEN, "payroll.other.example", RING)
    assert other != VALUE
    assert cookie.read(f"{cookie.NAME}={other}", "payroll.other.example", RING) == TOKEN


def test_two_cookies_of_our_name_are_refused():
    assert cookie.read(f"{HEADER}; {HEADER}", HOST, RING) is None
    assert cookie.read(f"{HEADER}; {cookie.NAME}=", HOST, RING) is None


def test_a_cookie_of_a_similar_name_is_not_ours():
    for name in ("__Host-gatehouse2", "__host-gatehouse", "x__Host-gatehouse", "gatehouse"):
        assert cookie.read(f"{name}={VALUE}", HOST, RING) is None


@pytest.mark.parametrize("part", range(5))
def test_every_part_is_under_the_mac(part):
    parts = VALUE.split(".")
    replacement = {0: "2", 1: "c0", 2: "fff" if parts[2] != "fff" else "000"}
    changed = ("A" if parts[part][0] != "A" else "B") + parts[part][1:]
    parts[part] = replacement.get(part, changed)
    assert cookie.read(f"{cookie.NAME}={'.'.join(parts)}", HOST, RING) is None


def test_a_mac_under_another_purpose_of_the_same_key_is_refused():
    bound = VALUE.rpartition(".")[0]
    master = RING.active(KeyUse.COOKIE).value
    mac = hmac.digest(master, f"{bound}.{HOST}".encode(), "sha256")
    forged = f"{bound}.{base64.urlsafe_b64encode(mac)[:43].decode()}"
    assert cookie.read(f"{cookie.NAME}={forged}", HOST, RING) is None


def test_an_older_key_still_verifies_and_the_newest_signs():
    newer = keyring.new_key(KeyUse.COOKIE, datetime.now(UTC) + timedelta(days=1))
    rotated = keyring.parse({"version": 1, "keys": [*RING_CONTENT["keys"], newer]})
    assert cookie.read(HEADER, HOST, rotated) == TOKEN
    assert cookie.write(TOKEN, HOST, rotated).split(".")[1] == newer["id"]


def test_a_retired_key_verifies_nothing():
    other = keyring.parse(keyring.generate(datetime.now(UTC)))
    assert cookie.read(HEADER, HOST, other) is None


def test_browsers_keep_the_cookie_to_one_host_and_away_from_scripts():
    name_and_value, *attributes = cookie.set_cookie(TOKEN, HOST, RING).split("; ")
    assert name_and_value == HEADER
    assert set(attributes) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
    assert "Max-Age=0" in cookie.clear_cookie()


def test_a_token_does_not_print_its_secret():
    assert TOKEN.secret not in repr(TOKEN)
    assert TOKEN.secret not in TOKEN.handle


def test_a_header_of_a_megabyte_is_not_read():
    assert cookie.read("a=b;" * 300_000 + HEADER, HOST, RING) is None


@given(st.text())
def test_no_cookie_header_crashes(text):
    assert cookie.read(text, HOST, RING) is None
    assert cookie.read(f"{cookie.NAME}={text}", HOST, RING) is None


@given(st.binary(), st.text())
def test_no_bytes_and_no_host_crash(raw, host):
    assert cookie.read(f"{cookie.NAME}={raw.decode('latin-1')}", host, RING) is None


@given(st.integers(0, len(VALUE) - 1), st.characters(codec="utf-8"))
def test_a_changed_letter_makes_it_worthless(position, letter):
    changed = VALUE[:position] + letter + VALUE[position + 1 :]
    expected = TOKEN if changed == VALUE else None
    assert cookie.read(f"{cookie.NAME}={changed}", HOST, RING) == expected


def test_a_token_is_compared_by_value():
    assert SessionToken(tag=TOKEN.tag, secret=TOKEN.secret) == TOKEN


def test_values_are_of_exactly_this_name():
    header = "a=1; xa=2; a=3;ba=4; a =5"
    assert cookie.values(header, "a") == ["1", "3"]
    assert cookie.values("a=1;" * 5000, "a") == []


def test_the_cookie_of_a_session_that_stays_outlives_the_browsers_being_closed():
    now = datetime(2026, 3, 2, 8, 41, tzinfo=UTC)
    two_days = ada(remembered=True, expires_at=now + timedelta(days=2))
    stay = cookie.stays(two_days, now)
    assert stay == timedelta(days=2)
    assert "; Max-Age=172800; Path=/" in cookie.set_cookie(TOKEN, HOST, RING, stay)
    assert "Max-Age" not in cookie.set_cookie(TOKEN, HOST, RING)


def test_no_other_cookie_stays():
    now = datetime(2026, 3, 2, 8, 41, tzinfo=UTC)
    assert cookie.stays(None, now) is None
    assert cookie.stays(ada(expires_at=now + timedelta(days=2)), now) is None
    assert cookie.stays(ada(remembered=True, expires_at=now), now) is None
