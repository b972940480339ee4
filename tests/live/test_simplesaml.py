"""SAML with a real SimpleSAMLphp, which shares no code with Keycloak: a second opinion on ours."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import metadata, saml_keys
from gateway.flows.saml_keys import Step
from providers.models import HeldMetadata, MetadataSource, Provider
from provisioning.models import Account
from tests.live.keycloak import GATEWAY
from tests.live.simplesaml import (
    SLUG,
    AtSimpleSaml,
    SimpleSaml,
    asks_who_she_is,
    our_metadata,
    set_up,
)
from tests.live.visitor import Visitor

ACS, SLO = f"/saml/{SLUG}/acs", f"/saml/{SLUG}/slo"


def roles(person: Visitor) -> frozenset[str]:
    session = person.browser.session
    assert session is not None
    return frozenset(session.roles)


@pytest.fixture
def ada(simplesaml: SimpleSaml) -> Iterator[Visitor]:
    made = Visitor(AtSimpleSaml(simplesaml), SLUG, ACS)
    yield made
    made.there.close()


def refusal() -> str:
    return str(AuditEvent.objects.get(event="login.failed").detail["problem"])


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_she_signs_in_and_has_the_role_of_her_group(ada: Visitor, binding: str) -> None:
    set_up(sso_binding=binding)
    answer = ada.sign_in("ada", return_to="/sign-in")
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in")
    assert roles(ada) == {"deployer"}
    account = Account.objects.get(username="ada")
    assert account.email == "ada@corp.example"


def test_the_same_person_comes_back_to_the_same_account(ada: Visitor) -> None:
    ada.sign_in("ada")
    ada.browser.get("/")
    ada.browser.post("/sign-out")
    assert not asks_who_she_is(ada.leave())  # it knows her still
    ada.sign_in("ada")
    assert Account.objects.filter(username="ada").count() == 1


def test_she_proves_herself_again_when_the_gateway_says_so(ada: Visitor) -> None:
    ada.sign_in("ada")
    page = ada.leave(fresh="1")
    assert asks_who_she_is(page)
    assert ada.come_back(ada.there.prove(page, "ada")).status_code == 303


def test_what_it_encrypts_to_us_is_opened_where_the_row_takes_its_old_cipher(
    ada: Visitor, simplesaml: SimpleSaml
) -> None:
    """This release knows CBC alone, which a row must allow."""
    set_up(encrypted=True)
    simplesaml.know(our_metadata(), **{"assertion.encryption": True})
    assert ada.sign_in("ada").status_code == 403
    assert refusal() == "saml.encryption: 'aes128-cbc' is not allowed"
    set_up(allow_cbc=True)
    answer = ada.sign_in("ada")
    assert answer.status_code == 303, answer.content.decode()
    assert roles(ada) == {"deployer"}


def test_an_assertion_in_clear_is_refused_where_the_row_says_encrypted(ada: Visitor) -> None:
    set_up(encrypted=True)
    assert ada.sign_in("ada").status_code == 403
    assert refusal() == "saml.encryption: the row asks for an encrypted assertion"


@pytest.mark.parametrize("part", ["Response", "Assertion"])
def test_half_of_what_must_be_signed_is_not_enough(
    ada: Visitor, simplesaml: SimpleSaml, part: str
) -> None:
    simplesaml.know(our_metadata(), **{f"saml20.sign.{part.lower()}": False})
    assert ada.sign_in("ada").status_code == 403
    assert refusal() == f"saml.unsigned: the row asks for a signed {part}"


def test_sha1_is_refused_and_said(ada: Visitor, simplesaml: SimpleSaml) -> None:
    sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
    simplesaml.know(our_metadata(), **{"signature.algorithm": sha1})
    assert ada.sign_in("ada").status_code == 403
    assert "sha1" in refusal().lower()


def test_it_takes_no_request_that_we_did_not_sign(ada: Visitor) -> None:
    """The counter-proof: it is SimpleSAMLphp who reads our signature."""
    leaving = ada.browser.get(f"/sign-in/{SLUG}")["Location"]
    forged = re.sub(r"&Signature=[^&]+", "&Signature=AAAA", leaving)
    assert forged != leaving
    assert not asks_who_she_is(ada.there.open(forged))


def test_a_key_that_it_changes_is_learned_before_it_signs(
    ada: Visitor, simplesaml: SimpleSaml
) -> None:
    def reads_again() -> None:
        MetadataSource.objects.update(fresh_until=timezone.now())
        assert metadata.refresh(now=timezone.now()) == 1
        assert MetadataSource.objects.get().error == ""
        assert not HeldMetadata.objects.exists()

    assert ada.sign_in("ada").status_code == 303
    simplesaml.signs_with("next")
    reads_again()
    assert len(Provider.objects.get(slug=SLUG).settings["certificates"]) == 2
    assert ada.sign_in("ada").status_code == 303
    simplesaml.signs_with("turned")
    assert ada.sign_in("ada").status_code == 303  # by the key that was learned in time
    reads_again()
    assert ada.sign_in("ada").status_code == 303


def test_our_key_is_replaced_while_it_reads_our_metadata(
    ada: Visitor, simplesaml: SimpleSaml
) -> None:
    for step in (Step.PUBLISHED, Step.SIGNS, Step.RETIRED):
        assert saml_keys.rotate(SLUG, actor="operator", now=timezone.now()) is step
        simplesaml.know(our_metadata())
        answer = ada.sign_in("ada")
        assert answer.status_code == 303, (step, answer.content.decode())


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_signing_out_here_ends_her_session_there(ada: Visitor, binding: str) -> None:
    set_up(slo_binding=binding)
    ada.sign_in("ada")
    answer = ada.brought(ada.sign_out_there(), SLO)
    assert answer.status_code == 200, answer.content.decode()
    assert "Your sign-in at your company." in answer.content.decode()
    assert asks_who_she_is(ada.leave())


def test_signing_out_there_ends_her_session_here(ada: Visitor, simplesaml: SimpleSaml) -> None:
    ada.sign_in("ada")
    done = f"{simplesaml.url}/logout.php"
    page = ada.there.open(f"{simplesaml.url}/saml2/idp/initSLO.php?RelayState={done}")
    address = urlsplit(unescape(page.headers["location"]))
    assert f"{address.scheme}://{address.netloc}{address.path}" == GATEWAY + SLO
    answer = ada.browser.get(f"{address.path}?{address.query}")
    assert answer.status_code == 302, answer.content.decode()
    assert ada.browser.session is None
    there = ada.there.open(answer["Location"])
    assert there.status_code == 200, there.text
    assert asks_who_she_is(ada.leave())
