"""What an admin may say about a SAML provider, and how she is told what is wrong with it."""

from datetime import UTC, datetime

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from providers.errors import ProviderMisconfigured
from providers.saml import native
from providers.saml.keys import bare_base64, make_service_key
from providers.saml.native import native_stack_mismatch
from providers.saml.settings import parse, parse_secrets
from tests.fakes.saml_case import NEXT_KEYS, SECRETS
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import key_pair

GIVEN = SamlProvider().settings()
CERTIFICATE = SamlProvider().keys.certificate
MFA = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"


def certificate_for(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    algorithm = hashes.SHA256() if isinstance(key, ec.EllipticCurvePrivateKey) else None
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(key, algorithm)
        .public_bytes(Encoding.PEM)
        .decode()
    )


def test_what_is_not_said_is_safe() -> None:
    least = {name: GIVEN[name] for name in ("entity_id", "sso_url", "certificates", "signed")}
    found = parse(least)
    assert (found.encrypted, found.allow_cbc, found.slo_url) == (False, False, None)
    assert found.name_id_format.endswith(":persistent")
    assert (found.sso_binding, found.answering_contexts) == ("redirect", ())
    assert not found.idp_initiated
    assert found.signature_algorithm.endswith("#rsa-sha256")


@pytest.mark.parametrize("field", ["entity_id", "sso_url", "certificates", "signed"])
def test_a_setting_that_is_missing_is_named(field: str) -> None:
    given = {name: value for name, value in GIVEN.items() if name != field}
    with pytest.raises(ProviderMisconfigured) as wrong:
        parse(given)
    assert wrong.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sign": "both"}, "sign"),
        ({"signed": "none"}, "signed"),
        ({"signed": ""}, "signed"),
        ({"signed": None}, "signed"),
        ({"certificates": []}, "certificates"),
        ({"certificates": CERTIFICATE}, "certificates"),
        ({"certificates": [CERTIFICATE] * 6}, "certificates"),
        ({"certificates": [CERTIFICATE, "AAAA"]}, "certificates.1"),
        ({"certificates": [None]}, "certificates.0"),
        ({"certificates": [key_pair("weak", 1024).certificate]}, "certificates.0"),
        (
            {"certificates": [certificate_for(ed25519.Ed25519PrivateKey.generate())]},
            "certificates.0",
        ),
        ({"entity_id": ""}, "entity_id"),
        ({"entity_id": "x" * 1025}, "entity_id"),
        ({"entity_id": "two\nlines"}, "entity_id"),
        ({"sso_url": "http://idp.corp.example/sso"}, "sso_url"),
        ({"sso_url": "javascript:alert(1)"}, "sso_url"),
        ({"sso_url": "https://idp.corp.example/sso#here"}, "sso_url"),
        ({"sso_url": "https://ada@idp.corp.example/sso"}, "sso_url"),
        ({"sso_url": "https://idp.corp.example\\@evil.example"}, "sso_url"),
        ({"sso_url": "https://[::1"}, "sso_url"),
        ({"sso_url": "/sso"}, "sso_url"),
        ({"slo_binding": "soap"}, "slo_binding"),
        ({"slo_binding": None}, "slo_binding"),
        ({"slo_response_url": "http://idp.corp.example/done"}, "slo_response_url"),
        ({"slo_url": "http://localhost.evil.example/"}, "slo_url"),
        ({"encrypted": "yes"}, "encrypted"),
        ({"allow_cbc": 1}, "allow_cbc"),
        ({"name_id_format": "whatever"}, "name_id_format"),
        ({"name_id_format": "transient"}, "subject_attribute"),
        ({"name_id_format": "emailAddress"}, "subject_attribute"),
        ({"subject_attribute": " "}, "subject_attribute"),
        ({"sso_binding": "artifact"}, "sso_binding"),
        ({"idp_initiated": "yes"}, "idp_initiated"),
        ({"signature_algorithm": "rsa-sha1"}, "signature_algorithm"),
        ({"authn_context": MFA}, "authn_context"),
        ({"authn_context": [MFA] * 21}, "authn_context"),
        ({"authn_context": [MFA, ""]}, "authn_context.1"),
        ({"authn_context": [MFA], "authn_context_comparison": "best"}, "authn_context_comparison"),
        ({"authn_context_comparison": "minimum"}, "authn_context"),
        ({"accepted_authn_contexts": [MFA]}, "authn_context"),
        (
            {"authn_context": [MFA], "authn_context_comparison": "minimum"},
            "accepted_authn_contexts",
        ),
        ({"authn_context": [MFA], "accepted_authn_contexts": [MFA]}, "accepted_authn_contexts"),
    ],
)
def test_a_setting_that_cannot_work_is_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(ProviderMisconfigured) as wrong:
        parse(GIVEN | changes)
    assert wrong.value.field == field


@pytest.mark.parametrize(
    "changes",
    [
        {"sso_url": "http://localhost:8080/realms/corp/protocol/saml"},
        {"sso_url": "http://127.0.0.1/sso?a=b"},
        {"slo_url": None},
        {"certificates": [bare_base64(CERTIFICATE)]},
        {"certificates": [certificate_for(ec.generate_private_key(ec.SECP256R1()))]},
        {"name_id_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"},
        {"name_id_format": "emailAddress", "subject_attribute": "employeeNumber"},
        {
            "authn_context": [MFA],
            "authn_context_comparison": "better",
            "accepted_authn_contexts": ["https://refeds.org/profile/mfa"],
        },
    ],
)
def test_what_can_work_is_taken(changes: dict[str, object]) -> None:
    assert parse(GIVEN | changes)


def test_a_certificate_is_one_thing_in_every_spelling() -> None:
    spellings = [CERTIFICATE, bare_base64(CERTIFICATE), CERTIFICATE.replace("\n", "\r\n  ")]
    assert parse(GIVEN | {"certificates": spellings}).certificates == (CERTIFICATE,)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sp_private_key": ""}, "secrets.sp_private_key"),
        ({"sp_certificate": ""}, "secrets.sp_certificate"),
        ({"sp_private_key": "nonsense"}, "secrets.sp_private_key"),
        ({"sp_certificate": "nonsense"}, "secrets.sp_certificate"),
        ({"sp_private_key": key_pair("weak", 1024).key}, "secrets.sp_private_key"),
        ({"sp_certificate": key_pair("other").certificate}, "secrets.sp_certificate"),
        ({"next_sp_private_key": NEXT_KEYS.key}, "secrets.next_sp_certificate"),
        ({"next_sp_certificate": NEXT_KEYS.certificate}, "secrets.next_sp_private_key"),
        (
            {
                "next_sp_private_key": NEXT_KEYS.key,
                "next_sp_certificate": key_pair("other").certificate,
            },
            "secrets.next_sp_certificate",
        ),
    ],
)
def test_a_secret_that_cannot_work_is_named_and_not_shown(
    changes: dict[str, str], field: str
) -> None:
    with pytest.raises(ProviderMisconfigured) as wrong:
        parse_secrets(SECRETS | changes)
    assert wrong.value.field == field
    assert "nonsense" not in str(wrong.value)


def test_our_own_key_is_not_shown() -> None:
    assert "PRIVATE" not in repr(parse_secrets(SECRETS))


def test_a_new_key_and_its_certificate_fit() -> None:
    key, certificate = make_service_key("corp", datetime.now(UTC))
    assert parse_secrets({"sp_private_key": key, "sp_certificate": certificate})


def test_the_two_native_libraries_are_one() -> None:
    assert native_stack_mismatch() is None


def test_two_versions_of_libxml2_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xmlsec, "get_libxml_version", lambda: (2, 9, 14))
    problem = native.native_stack_mismatch()
    assert problem is not None
    assert "2.9.14" in problem
