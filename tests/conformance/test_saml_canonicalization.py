"""What a canonicalisation may bring along: one list of prefixes, and nothing else."""

import pytest
from lxml import etree

from tests.fakes.saml_case import Case
from tests.fakes.saml_forgeries import parts
from tests.fakes.saml_messages import DS
from tests.fakes.saml_provider import SamlProvider

PREFIXES = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"


@pytest.mark.parametrize("second", [PREFIXES, f"{{{DS}}}XPath"])
def test_a_second_parameter_beside_the_list_of_prefixes_is_refused(second: str) -> None:
    case = Case(SamlProvider(signed=("assertion",)))
    root = case.answer()
    canonical = parts(root)[1].find(f".//{{{DS}}}Transform[2]")
    assert canonical is not None
    etree.SubElement(canonical, PREFIXES).set("PrefixList", "saml")
    etree.SubElement(canonical, second)
    assert case.refusal(root) == "saml.transforms"
