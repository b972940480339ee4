"""Every wrapping of every form, and every algorithm at every place: nobody is signed in by them.

SignXML is asked about each as well: whatever is taken here it takes too, and for the same person.
"""

from collections.abc import Iterator
from copy import deepcopy

import pytest
import xmlsec
from lxml import etree

from providers.errors import ProviderError
from providers.saml import names
from tests.conformance.test_saml_second_opinion import second_opinion
from tests.fakes.saml_case import SERVICE_KEYS, Case
from tests.fakes.saml_forgeries import SIGNATURE
from tests.fakes.saml_messages import DS
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_wrappings import PLACES, in_the_signature, wrappings

FORMS = [("response",), ("assertion",), ("response", "assertion")]
forms = pytest.mark.parametrize("signed", FORMS, ids="+".join)
KNOWN = sorted(
    {
        transform.href
        for transform in vars(xmlsec.constants).values()
        if type(transform).__name__ == "__Transform" and transform.href
    }
)


def read(case: Case, document: bytes) -> str | None:
    """Who is signed in by it; nobody, for one reason of ours."""
    case.forget()
    try:
        return case.complete(document).subject.value
    except ProviderError as error:
        if error.code in ("provider.response-invalid", "provider.refused"):
            return None
        raise


def believed(case: Case, documents: Iterator[tuple[str, bytes]]) -> tuple[int, list[str]]:
    """How many there are, and the names of those by which somebody is signed in."""
    count, taken = 0, []
    for name, document in documents:
        count += 1
        if (found := read(case, document)) is not None:
            taken.append(f"{name}: {found}")
            assert second_opinion(document, case.provider) == found
    return count, taken


@forms
def test_no_wrapping_is_taken(signed: tuple[str, ...]) -> None:
    case = Case(SamlProvider(signed=signed))
    honest = case.answer()
    count, taken = believed(case, wrappings(honest))
    assert count == len(signed) * len(PLACES) * 4 * 3
    assert taken == []
    assert read(case, etree.tostring(honest)) == "G-ada"


@forms
def test_no_original_inside_a_signature_is_taken(signed: tuple[str, ...]) -> None:
    case = Case(SamlProvider(signed=signed))
    count, taken = believed(case, in_the_signature(case.answer()))
    assert count > 30 * len(signed)
    assert taken == []


def test_no_wrapping_of_what_is_encrypted_inside_is_taken() -> None:
    case = Case(SamlProvider(encrypt_to=SERVICE_KEYS.certificate))
    inside = Case(SamlProvider())
    _, taken = believed(case, wrappings(inside.answer()))
    assert taken == []


def with_algorithms(honest: etree._Element) -> Iterator[tuple[str, bytes]]:
    for place in ("CanonicalizationMethod", "SignatureMethod", "DigestMethod", "Transform"):
        for number, _ in enumerate(honest.iter(f"{{{DS}}}{place}")):
            for algorithm in (*KNOWN, "", "urn:x", f"{names.EXC_C14N} ", names.EXC_C14N.upper()):
                root = deepcopy(honest)
                list(root.iter(f"{{{DS}}}{place}"))[number].set("Algorithm", algorithm)
                yield f"{place}-{number}-{algorithm}", etree.tostring(root)


@forms
def test_every_algorithm_at_every_place_but_its_own_is_refused(signed: tuple[str, ...]) -> None:
    """What was signed in one way is not what another way would have signed, but for one letter: an
    honest document has no comments that one of two canonicalisations would keep.
    """
    case = Case(SamlProvider(signed=signed))
    honest = case.answer()
    true = {node.get("Algorithm") for node in honest.iter() if node.get("Algorithm")}
    _, taken = believed(case, with_algorithms(honest))
    left_as_they_are = {name.rpartition("-http")[0] for name in taken}
    assert len(KNOWN) > 40
    assert {entry.split(": ")[1] for entry in (t.replace("http:", "") for t in taken)} == {"G-ada"}
    for entry in taken:
        algorithm = entry.partition("-http")[2].rpartition(": ")[0]
        assert f"http{algorithm}" in true | {f"{names.EXC_C14N}WithComments"}, entry
    assert len(left_as_they_are) == 5 * len(signed)


@forms
@pytest.mark.parametrize("position", [0, 1, 2])
def test_every_further_transform_is_refused(signed: tuple[str, ...], position: int) -> None:
    case = Case(SamlProvider(signed=signed))
    honest = case.answer()

    def further() -> Iterator[tuple[str, bytes]]:
        for number, _ in enumerate(honest.iter(SIGNATURE)):
            for algorithm in KNOWN:
                root = deepcopy(honest)
                holder = list(root.iter(f"{{{DS}}}Transforms"))[number]
                holder.insert(position, etree.Element(f"{{{DS}}}Transform", Algorithm=algorithm))
                yield algorithm, etree.tostring(root)

    count, taken = believed(case, further())
    assert count == len(KNOWN) * len(signed)
    assert taken == []
