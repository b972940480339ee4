"""Who may push, and that nobody sees more than what is theirs."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows.errors import TokenUnknown
from gateway.flows.limits import Limit
from gateway.flows.scim import tokens
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.tokens.credentials import looks_like_credential
from provisioning.scim.errors import Unproven
from provisioning.scim.models import ScimToken, ScimUser
from provisioning.scim.resources import MAX_BYTES
from tests.gateway.api.programs import corp
from tests.gateway.pages.signed_in import HOST
from tests.gateway.scim.pushing import Pusher, connected, refused, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


def made(days: int = 90) -> tokens.MadeToken:
    return tokens.make(connection="okta", days=days, actor="dora", now=timezone.now())


def opened(text: str, **later: int) -> str:
    now = timezone.now() + timedelta(**later)
    return tokens.opened(text, connection="okta", now=now).slug


def test_a_token_is_256_random_bits_behind_a_prefix_and_its_row_has_the_hash_alone() -> None:
    connected()
    token = made()
    prefix, _, bits = token.text.partition("_")
    assert (prefix, len(bits)) == ("ghsc", 43)
    assert looks_like_credential(f"said {token.text[:20]}")
    assert token.text not in repr(token)
    assert bits not in str(list(ScimToken.objects.values())) + str(
        list(AuditEvent.objects.values())
    )
    assert opened(token.text) == "okta"


def test_there_are_two_at_once_so_that_one_can_be_turned_over() -> None:
    connected()
    first, second = made(), made()
    with pytest.raises(DefinitionInvalid):
        made()
    assert tokens.revoke(first.row.pk, actor="dora", now=timezone.now())
    assert not tokens.revoke(first.row.pk, actor="dora", now=timezone.now())
    with pytest.raises(Unproven):
        opened(first.text)
    assert opened(second.text) == "okta"
    assert made()
    events = AuditEvent.objects.filter(event__startswith="scim-token").order_by("pk")
    named = [event.event for event in events]
    assert named == ["scim-token.made", "scim-token.made", "scim-token.revoked", "scim-token.made"]
    assert events[2].detail == {"connection": "okta", "token": str(first.row.pk)}


def test_it_ends_on_its_day_and_not_before() -> None:
    connected()
    token = made(days=1)
    assert opened(token.text, hours=23)
    with pytest.raises(Unproven):
        opened(token.text, hours=24)


def test_a_token_opens_its_own_connection_alone() -> None:
    other = token_of(connected("entra"))
    connected()
    with pytest.raises(Unproven):
        opened(other)
    refused(Pusher(connected("third"), other).get("/Users"), 401)


@pytest.mark.parametrize(
    "header",
    [None, "Bearer", "Bearer ghsc_nonsense", "Basic ghsc_nonsense", "Bearer ghat_nonsense"],
    ids=["none", "empty", "unknown", "another-scheme", "an-api-token"],
)
def test_nothing_is_told_without_a_living_token(header: str | None) -> None:
    connected()
    said = {"Authorization": header} if header else {}
    client = Client(headers={"Host": HOST, **said})
    for path in ("Users", "Groups", "Schemas", "ServiceProviderConfig", "Me", "Bulk"):
        answer = client.get(f"/scim/v2/okta/{path}")
        refused(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_connection_sees_and_changes_its_own_people_alone() -> None:
    okta, entra = Pusher(connected()), Pusher(connected("entra"))
    ada = okta.user()
    admins = okta.group("admins", ada)
    assert entra.get("/Users").json()["totalResults"] == 0
    assert entra.names('userName eq "ada@corp.example"') == []
    step = {"op": "replace", "path": "displayName", "value": "x"}
    for one, path in ((ada, "Users"), (admins, "Groups")):
        at = f"/{path}/{one['id']}"
        for answer in (
            entra.get(at),
            entra.patch(one, step),
            entra.send("PUT", at, {"userName": "x", "displayName": "x"}),
            entra.send("DELETE", at),
        ):
            refused(answer, 404)
    told = {"displayName": "mine", "members": [{"value": ada["id"]}]}
    refused(entra.send("POST", "/Groups", told), 400, "invalidValue")
    assert okta.get(f"/Users/{ada['id']}").json()["displayName"] == "Ada"


def sent(pusher: Pusher, raw: bytes, content_type: str = "application/scim+json") -> Any:
    return pusher.client.generic("POST", "/scim/v2/okta/Users", raw, content_type=content_type)


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    okta = Pusher(connected())
    refused(sent(okta, b" " * (MAX_BYTES + 1)), 413)
    client = okta.client
    answer = client.generic(
        "POST",
        "/scim/v2/okta/Users",
        b" " * (MAX_BYTES + 1),
        content_type="application/scim+json",
        CONTENT_LENGTH="",
    )
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    ("raw", "kind", "status", "word"),
    [
        (b"{", "application/scim+json", 400, "invalidSyntax"),
        (b"[]", "application/json", 400, "invalidSyntax"),
        (b'{"userName": "a", "userName": "b"}', "application/json", 400, "invalidSyntax"),
        (b'{"userName": "\\ud800"}', "application/json", 400, "invalidSyntax"),
        (b'{"userName": "\\u0000"}', "application/json", 400, "invalidSyntax"),
        (b"[" * 100_000, "application/json", 400, "invalidSyntax"),
        (b'{"userName": ""}', "application/json", 400, "invalidValue"),
        (b'{"userName": 7}', "application/json", 400, "invalidValue"),
        (b'{"displayName": "x"}', "application/json", 400, "invalidValue"),
        (b'{"userName": "a", "emails": "x"}', "application/json", 400, "invalidValue"),
        (b'{"userName": "%s"}' % (b"a" * 501), "application/json", 400, "invalidValue"),
        (b"{}", "text/plain", 415, ""),
    ],
    ids=[
        *("cut", "list", "twice", "half-letter", "nul", "deep", "empty", "number", "nameless"),
        *("no-list", "long", "no-json"),
    ],
)
def test_what_is_no_person_is_refused_in_the_words_of_scim(
    raw: bytes, kind: str, status: int, word: str
) -> None:
    refused(sent(Pusher(connected()), raw, kind), status, word)
    assert not ScimUser.objects.exists()


def test_every_failure_has_the_shape_of_scim(monkeypatch: pytest.MonkeyPatch) -> None:
    okta = Pusher(connected())
    refused(okta.get("/Nonsense"), 404)
    refused(okta.client.get("/scim/"), 404)
    refused(okta.get("/Users/nonsense"), 404)
    refused(okta.send("DELETE", "/Users"), 405)
    assert okta.send("DELETE", "/Users")["Allow"] == "GET, POST"
    refused(okta.client.get("/scim/v2/okta/Users", headers={"Host": "other.example"}), 404)
    monkeypatch.setattr(Limit.SCIM, "_value_", ("scim-few", 1))
    assert okta.get("/Users").status_code == 200
    answer = okta.get("/Users")
    refused(answer, 429)
    assert answer["Retry-After"] == "60"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"slug": "Okta!"}, "slug"),
        ({"name": " "}, "name"),
        ({"provider": "nobody"}, "provider"),
    ],
    ids=["slug", "name", "provider"],
)
def test_what_no_connection_can_be_is_told_by_its_field(said: dict[str, Any], field: str) -> None:
    with pytest.raises(DefinitionInvalid) as caught:
        connected(**({"slug": "okta"} | said))
    assert [fault.field for fault in caught.value.faults] == [field]


def test_of_a_provider_of_many_tenants_no_external_id_is_a_subject() -> None:
    corp(settings={"issuer": "https://login.example/organizations/v2.0", "tenants": ["a", "b"]})
    with pytest.raises(DefinitionInvalid):
        connected(external_id_is_subject=True)
    assert connected()
    with pytest.raises(DefinitionInvalid):
        connected()


def test_there_is_no_token_of_what_is_not_there() -> None:
    with pytest.raises(TokenUnknown):
        made()
    with pytest.raises(TokenUnknown):
        tokens.revoke(7, actor="dora", now=timezone.now())
    connected()
    for days in (0, 731):
        with pytest.raises(DefinitionInvalid):
            made(days)


def test_what_is_discovered_names_itself_and_is_not_filtered() -> None:
    okta = Pusher(connected())
    for listed in ("Schemas", "ResourceTypes"):
        for one in okta.get(f"/{listed}").json()["Resources"]:
            place = one["meta"]["location"].removeprefix(f"http://{HOST}/scim/v2/okta")
            assert okta.get(place).json() == one
        refused(okta.get(f"/{listed}?filter=x"), 403)
        refused(okta.get(f"/{listed}/nonsense"), 404)
    config = okta.get("/ServiceProviderConfig").json()
    assert all(config[power]["supported"] for power in ("patch", "bulk", "filter", "sort", "etag"))
    assert config["pagination"]["cursor"] is True
    assert json.dumps(config).count("password") == 0


def test_making_a_connection_is_on_record() -> None:
    connected()
    event = AuditEvent.objects.get()
    assert (event.event, event.actor) == ("scim-connection.made", "dora")
