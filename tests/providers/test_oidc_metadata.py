"""Discovery and keys: fetched seldom, by one for all, and kept through a provider's bad hour."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from providers.errors import ProviderUnreachable, ResponseInvalid
from providers.oidc import documents, metadata
from providers.oidc.metadata import Published
from tests.fakes.oidc_case import FOREIGN_KEY, OidcCase, oidc_case
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import SIGNING_KEYS


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


def published(case: OidcCase, slug: str = "corp") -> Published:
    return Published(slug, case.idp.issuer, case.http, case.cache)


def fetched(case: OidcCase) -> tuple[int, int]:
    return case.idp.asked.get("discovery", 0), case.idp.asked.get("keys", 0)


def test_ten_logins_fetch_once(case):
    for _ in range(10):
        case.login("ada")
    assert fetched(case) == (1, 1)


@pytest.mark.parametrize(
    ("said", "fresh_minutes"),
    [
        ("max-age=600", 10),
        ("public, max-age=600, must-revalidate", 10),
        ("no-store", 5),
        ("max-age=1", 5),
        ("", 5),
        ("max-age=x", 5),
        ("s-maxage=9000", 5),
        ("max-age=99999999", 24 * 60),
    ],
)
def test_documents_are_fresh_as_long_as_they_say_within_bounds(case, said, fresh_minutes):
    case.idp.cache_control = said
    case.login("ada")
    case.pass_time(minutes=fresh_minutes, seconds=-1)
    case.login("ada")
    assert fetched(case) == (1, 1)
    case.pass_time(seconds=2)
    case.login("ada")
    assert fetched(case) == (2, 2)


def together(count: int, act: Any) -> list[Any]:
    """What so many threads got at the same moment."""
    start, results = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            results.append(act())
        except ProviderUnreachable as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_many_sign_ins_without_any_copy_cost_one_fetch_of_each_document(case):
    case.idp.lie.slow.update(discovery=0.2, keys=0.2)
    assert together(16, lambda: case.login("ada").username) == ["ada"] * 16
    assert fetched(case) == (1, 1)


def test_a_provider_that_never_answered_is_asked_once_in_ten_seconds(case):
    case.idp.lie.answers["discovery"] = (503, b"")
    for _ in range(10):
        with pytest.raises(ProviderUnreachable, match="status 503"):
            published(case).metadata(case.now)
    assert fetched(case) == (1, 0)
    del case.idp.lie.answers["discovery"]
    case.pass_time(seconds=10)
    assert published(case).metadata(case.now)


def test_whoever_waits_for_a_first_fetch_that_fails_is_told_why(case):
    case.idp.lie.slow.update(discovery=0.2)
    case.idp.lie.answers["discovery"] = (503, b"")

    def told() -> str:
        with pytest.raises(ProviderUnreachable) as error:
            published(case).metadata(case.now)
        return str(error.value)

    assert all("status 503" in text for text in together(8, told))
    assert fetched(case) == (1, 0)


def test_whoever_comes_late_to_the_lock_finds_the_document_there(case, monkeypatch):
    take = case.cache.add

    def take_after_another_has_done_it_all(*lock: Any) -> bool:
        monkeypatch.setattr(case.cache, "add", take)
        published(case).metadata(case.now)
        return take(*lock)

    monkeypatch.setattr(case.cache, "add", take_after_another_has_done_it_all)
    published(case).metadata(case.now)
    assert fetched(case) == (1, 0)


def test_whoever_comes_late_to_the_lock_of_a_fetch_that_failed_does_not_try_again(
    case, monkeypatch
):
    case.idp.lie.answers["discovery"] = (503, b"")
    take = case.cache.add

    def take_after_another_has_failed(*lock: Any) -> bool:
        monkeypatch.setattr(case.cache, "add", take)
        with pytest.raises(ProviderUnreachable):
            published(case).metadata(case.now)
        return take(*lock)

    monkeypatch.setattr(case.cache, "add", take_after_another_has_failed)
    with pytest.raises(ProviderUnreachable, match="a moment ago"):
        published(case).metadata(case.now)
    assert fetched(case) == (1, 0)


def test_when_documents_grow_old_nobody_waits_but_the_one_who_fetches(case):
    published(case).metadata(case.now)
    case.pass_time(minutes=11)
    case.cache.add(f"{published(case)._prefix}:metadata:lock", b"1", documents.RETRY)
    assert published(case).metadata(case.now)  # another is fetching just now
    assert fetched(case) == (1, 0)


def test_after_a_rotation_one_fetches_and_every_login_succeeds(case):
    case.login("ada")
    old = published(case).keys(case.now)
    case.idp.rotate()
    case.idp.lie.slow.update(keys=0.2)
    found = together(8, lambda: published(case).renewed_keys(case.now))
    assert all(keys != old and keys[0].kid == "rsa-2" for keys in found)
    assert fetched(case) == (1, 2)


def test_for_unknown_keys_the_provider_is_asked_once_a_minute_at_most(case):
    case.login("ada")
    case.idp.lie.header["kid"] = "nobody"
    for _ in range(5):
        with pytest.raises(ResponseInvalid):
            case.login("ada")
    assert fetched(case) == (1, 2)
    case.pass_time(seconds=61)
    with pytest.raises(ResponseInvalid):
        case.login("ada")
    assert fetched(case) == (1, 3)


def test_for_failed_signatures_too(case):
    case.login("ada")
    case.idp.lie.signing_key = FOREIGN_KEY
    for _ in range(5):
        with pytest.raises(ResponseInvalid):
            case.login("ada")
    assert fetched(case) == (1, 2)


@pytest.mark.parametrize(
    "answer",
    [(500, b""), (200, b"<html>"), (200, b'{"keys":[]}'), (200, b'{"keys":5}'), (404, b"{}")],
)
def test_old_documents_stand_in_for_a_provider_that_answers_badly(case, answer):
    case.login("ada")
    case.idp.lie.answers.update(discovery=answer, keys=answer)
    case.pass_time(hours=1)
    assert case.login("ada").username == "ada"
    assert fetched(case) == (2, 2)
    assert case.login("ada").username == "ada"
    assert fetched(case) == (2, 2)  # and it is left in peace for a minute
    case.pass_time(seconds=61)
    case.login("ada")
    assert fetched(case) == (3, 3)


def test_old_documents_do_not_stand_in_for_ever(case):
    case.login("ada")
    case.idp.lie.answers.update(discovery=(500, b""), keys=(500, b""))
    case.pass_time(hours=23)
    case.login("ada")
    case.pass_time(hours=2)
    with pytest.raises(ProviderUnreachable):
        case.login("ada")


def test_a_failed_fetch_for_an_unknown_key_does_not_spoil_the_known_ones(case):
    case.login("ada")
    case.idp.lie.answers["keys"] = (500, b"")
    case.idp.lie.header["kid"] = "nobody"
    with pytest.raises(ResponseInvalid):
        case.login("ada")
    case.idp.lie.header.clear()
    assert case.login("ada").username == "ada"


def test_keys_of_one_connection_are_not_found_by_another(case):
    published(case).keys(case.now)
    published(case, "other").keys(case.now)
    assert fetched(case) == (2, 2)


def test_a_row_that_is_pointed_elsewhere_starts_anew(case):
    here, there = published(case), Published("corp", "https://b", case.http, case.cache)
    assert here._prefix != there._prefix


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://evil.example"},
        {"issuer": LEFT_OUT},
        {"issuer": ["x"]},
        {"token_endpoint": LEFT_OUT},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "ftp://idp.corp.example/"},
        {"authorization_endpoint": "https://user@idp.corp.example/"},
        {"authorization_endpoint": "https://evil.example\\@idp.corp.example/"},
        {"authorization_endpoint": "https://evil.example\\.idp.corp.example/"},
        {"authorization_endpoint": "https:///authorize"},
        {"jwks_uri": "https://idp.corp.example/#x"},
        {"jwks_uri": "https://idp.corp.example/a b"},
        {"jwks_uri": 7},
        {"userinfo_endpoint": "/userinfo"},
        {"end_session_endpoint": "https://" + "x" * 3000},
    ],
)
def test_a_discovery_document_that_names_no_https_addresses_of_this_issuer_is_refused(case, lie):
    case.idp.lie.discovery.update(lie)
    with pytest.raises(ProviderUnreachable):
        published(case).metadata(case.now)


def test_an_https_provider_may_not_name_an_http_address():
    body = b'{"issuer":"https://a","authorization_endpoint":"http://a/"}'
    with pytest.raises(ProviderUnreachable, match="authorization_endpoint is no https"):
        metadata._read_metadata(body, "https://a")


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "unknown"},
        {"kty": "RSA"},
        {"kty": "RSA", "n": 7, "e": "AQAB"},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "oct", "k": "AAAA"},
        "no key",
        None,
        {"kty": ["RSA"]},
    ],
)
def test_a_key_that_cannot_be_read_is_passed_over(case, entry):
    case.idp.published.insert(0, entry)
    kids = [key.kid for key in published(case).keys(case.now)]
    assert kids == [key.kid for key in SIGNING_KEYS.values()]


@pytest.mark.parametrize("endpoint", ["discovery", "keys"])
def test_a_page_that_is_not_found_is_no_document_whatever_it_says(case, endpoint):
    document = {
        "discovery": {"issuer": case.idp.issuer, **case.idp.vendor.discovery(case.idp.base)},
        "keys": {"keys": case.idp.published},
    }[endpoint]
    case.idp.lie.answers[endpoint] = (404, json.dumps(document).encode())
    with pytest.raises(ProviderUnreachable, match="status 404"):
        published(case).keys(case.now)


def test_a_set_of_very_many_keys_is_refused(case):
    case.idp.published *= 51
    with pytest.raises(ProviderUnreachable, match="at most 100"):
        published(case).keys(case.now)
