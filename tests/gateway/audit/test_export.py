"""The record as a file: anybody can check it, nobody can change it unseen."""

import io
import json

import pytest
from joserfc.jwk import ECKey

from gateway import wiring
from gateway.audit.export import lines
from gateway.audit.exported import MAX_LINE, ExportInvalid, verify_file
from gateway.audit.links import current_head, verify_database
from gateway.audit.models import AuditEvent, AuditSeal
from gateway.audit.seal import seal
from gateway.audit.verify import Broken, Fault, Head
from gateway.config.keyring import KeyRing, KeyUse
from gateway.flows.audit import export_record
from gateway.tokens.keys import Typ, sign
from tests.gateway.audit.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def exported(happened):
    """The lines of an export of five events."""
    happened(5)
    seal(NOW)
    return list(lines(wiring.key_ring(), current_head(), issuer="https://gw.example", now=NOW))


def check(exported, ring=None):
    text = "".join(f"{line}\n" for line in exported)
    return verify_file(io.BytesIO(text.encode()), ring or wiring.key_ring())


def test_an_export_holds_and_names_the_head_of_the_database(exported):
    found, signed = check(exported)
    assert found.broken is None
    assert found.head == signed == current_head()
    assert len(exported) == 6


def test_an_edited_line_is_found_at_its_position(exported):
    exported[2] = exported[2].replace('"corp-oidc"', '"corp-saml"')
    assert check(exported)[0].broken == Broken(position=3, fault=Fault.EDITED)


def test_a_line_taken_out_is_found(exported):
    del exported[2]
    assert check(exported)[0].broken == Broken(position=3, fault=Fault.MISSING)


def test_lines_taken_off_the_end_are_found(exported):
    del exported[3:5]
    assert check(exported)[0].broken == Broken(position=4, fault=Fault.TAIL_MISSING)


def test_a_file_without_its_head_is_refused(exported):
    with pytest.raises(ExportInvalid, match="end of the file"):
        check(exported[:-1])


def test_a_chain_made_anew_needs_a_head_that_nobody_else_can_sign(exported):
    stranger = ECKey.generate_key("P-256", {"kid": wiring.key_ring().signers(KeyUse.AUDIT)[0].kid})
    ring = KeyRing(symmetric={}, signing={KeyUse.AUDIT: (stranger,)})
    exported[-1] = json.dumps({"head": sign(ring, Typ.AUDIT_HEAD, b'{"position":5,"hash":"x"}')})
    with pytest.raises(ExportInvalid, match="not signed"):
        check(exported)


def test_what_another_key_of_ours_signed_is_no_head(exported):
    payload = json.dumps({"position": 5, "hash": current_head().hash}).encode()
    exported[-1] = json.dumps({"head": sign(wiring.key_ring(), Typ.ROUTES, payload)})
    with pytest.raises(ExportInvalid, match="another purpose"):
        check(exported)


def test_the_published_keys_are_enough(exported):
    public = tuple(
        ECKey.import_key(key.as_dict(private=False))
        for key in wiring.key_ring().signers(KeyUse.AUDIT)
    )
    ring = KeyRing(symmetric={}, signing={KeyUse.AUDIT: public})
    assert check(exported, ring)[0].broken is None


@pytest.mark.parametrize(
    "line",
    ["nonsense", "[]", '"x"', "{}", '{"position": "a"}', '{"position": 1, "event": 1}', "{" * 9000],
)
def test_a_line_that_is_no_link_is_refused_with_its_number(exported, line):
    exported.insert(1, line)
    with pytest.raises(ExportInvalid, match="line 2"):
        check(exported)


def test_a_line_without_end_is_not_read_to_its_end(exported):
    exported.insert(0, '{"event": "' + "x" * MAX_LINE + '"}')
    with pytest.raises(ExportInvalid, match=r"line 1 .* too long"):
        check(exported)


def test_the_database_must_still_hold_what_was_exported(exported, happened):
    _, signed = check(exported)
    happened(2)
    seal(NOW)
    assert verify_database(signed).broken is None
    assert verify_database(Head(position=5, hash="f" * 64)).broken == Broken(
        position=5, fault=Fault.OTHER_CHAIN
    )
    assert verify_database(Head(position=9, hash="f" * 64)).broken == Broken(
        position=8, fault=Fault.TAIL_MISSING
    )


def test_exporting_is_on_record_itself(happened):
    happened(2)
    made = list(export_record(actor="operator", now=NOW))
    assert len(made) == 3
    assert AuditSeal.objects.count() == 2
    last = AuditEvent.objects.first()
    assert (last.event, last.actor, last.detail) == ("audit.exported", "operator", {"position": 2})
