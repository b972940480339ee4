"""SAML providers over the API, by their own metadata."""

from collections.abc import Iterator

import pytest

from providers.models import MetadataSource, Provider
from tests.fakes.authority import Authority
from tests.fakes.saml_metadata import Publisher, publishing
from tests.gateway.api.programs import PROVIDERS, faults, program
from tests.gateway.apply.saml import ENTITY_ID, idp_metadata, key_pair

pytestmark = pytest.mark.usefixtures("db", "redis_url")
ONE = f"{PROVIDERS}/corp-saml"
AUTHORITY = Authority()


@pytest.fixture(scope="module")
def said() -> dict[str, object]:
    key, certificate = key_pair()
    return {
        "slug": "corp-saml",
        "name": "Corp",
        "protocol": "saml",
        "settings": {"signed": "both"},
        "secrets": {"sp_private_key": key, "sp_certificate": certificate},
    }


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as found:
        yield found


def test_a_document_fills_the_settings_and_what_is_said_wins(said: dict[str, object]) -> None:
    document = {"metadata": {"document": idp_metadata().decode()}}
    settings = {"settings": {"signed": "both", "sso_url": "https://id.corp.example/other"}}
    asked = program()
    made = asked.send("POST", PROVIDERS, said | document | settings)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert shown["settings"]["entity_id"] == ENTITY_ID
    assert shown["settings"]["sso_url"] == "https://id.corp.example/other"
    assert shown["metadata"] is None
    assert shown["register"]["acs_url"].endswith("/saml/corp-saml/acs")
    assert shown["register"]["entity_id"].endswith("/saml/corp-saml/metadata")
    assert "PRIVATE KEY" not in made.content.decode()


def test_an_address_is_kept_and_not_asked_again_while_it_stays(
    said: dict[str, object], publisher: Publisher
) -> None:
    place = {
        "url": publisher.url,
        "allowed_networks": ["127.0.0.0/8"],
        "ca_certificates": [AUTHORITY.pem],
    }
    asked = program()
    made = asked.send("POST", PROVIDERS, said | {"metadata": place})
    assert made.status_code == 201, made.content
    kept = {"entity_id": "", "anchors": [], "ca_certificates": [AUTHORITY.pem], "proxy": ""}
    assert made.json()["metadata"] == place | kept
    assert MetadataSource.objects.get().url == publisher.url
    fetched = publisher.asked
    again = asked.send("PUT", ONE, made.json() | {"name": "New"}, If_Match=made["ETag"])
    assert again.status_code == 200, again.content
    assert (again.json()["name"], again.json()["metadata"]) == ("New", made.json()["metadata"])
    assert publisher.asked == fetched
    off = asked.send("PATCH", ONE, {"enabled": False}, If_Match="*")
    assert off.json()["metadata"] == made.json()["metadata"]
    gone = asked.send("PATCH", ONE, {"metadata": None}, If_Match="*")
    assert gone.json()["metadata"] is None
    assert gone.json()["settings"] == made.json()["settings"]


def test_an_address_inside_is_not_asked_unless_it_is_allowed(
    said: dict[str, object], publisher: Publisher
) -> None:
    answer = program().send("POST", PROVIDERS, said | {"metadata": {"url": publisher.url}})
    assert list(faults(answer)) == ["metadata"]
    assert publisher.asked == 0
    assert not Provider.objects.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"ca_certificates": ["nonsense"]}, "metadata"),
        ({"proxy": "http://name:hidden@proxy.corp.example"}, "metadata"),
        ({"anchors": ["nonsense"]}, "metadata"),
    ],
)
def test_a_way_there_that_cannot_be_is_refused_before_anything_is_asked(
    said: dict[str, object], publisher: Publisher, more: dict[str, object], field: str
) -> None:
    place = {"url": publisher.url, "allowed_networks": ["127.0.0.0/8"]}
    answer = program().send("POST", PROVIDERS, said | {"metadata": place | more})
    assert list(faults(answer)) == [field]
    assert "hidden" not in answer.content.decode()
    assert publisher.asked == 0
