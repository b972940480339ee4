"""Messages that are none, and what it costs to say so."""

import threading

import pytest
from lxml import etree

from providers.errors import ResponseInvalid
from providers.saml.schema import check_schema
from tests.fakes.saml_case import Case
from tests.fakes.saml_messages import SAML, SAMLP
from tests.fakes.saml_provider import SamlProvider

WRONG = 4_000


class Counted(etree.PyErrorLog):
    """What lxml writes down on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = 0

    def receive(self, _entry: object) -> None:
        self.entries += 1


def answer() -> etree._Element:
    case = Case(SamlProvider())
    return case.provider.answer(case.said())


def with_value(inner: etree._Element) -> etree._Element:
    """The answer with an element in it where the schema lets anything stand."""
    root = answer()
    value = next(root.iter(f"{{{SAML}}}AttributeValue"))
    value.text = None
    value.append(inner)
    return root


@pytest.mark.parametrize("at", [0, WRONG - 1])
def test_one_that_is_wrong_is_found_wherever_it_stands(at: int) -> None:
    inner = etree.Element("a")
    for number in range(WRONG):
        code = etree.SubElement(inner, f"{{{SAMLP}}}StatusCode")
        if number != at:
            code.set("Value", "urn:x")
    root = with_value(inner)
    with pytest.raises(ResponseInvalid) as refused:
        check_schema(root)
    assert refused.value.check == "saml.schema"
    inner[at].set("Value", "urn:x")
    check_schema(root)


def test_names_may_have_any_letters() -> None:
    check_schema(with_value(etree.Element("größe", {"maß": "groß"})))
    root = answer()
    root[0].tag = f"{{{SAML}}}AttributeValue"
    root[1][0].set("Välue", "urn:x")
    with pytest.raises(ResponseInvalid):
        check_schema(root)


def test_the_search_ends_at_the_first_that_is_wrong() -> None:
    """Each is wrong in three ways, and every one that is written down costs."""
    inner = etree.Element("a")
    for _ in range(WRONG):
        etree.SubElement(inner, f"{{{SAMLP}}}AuthnRequest")
    root, log = with_value(inner), Counted()

    def refused() -> None:
        etree.use_global_python_log(log)  # of this thread alone
        with pytest.raises(ResponseInvalid):
            check_schema(root)

    thread = threading.Thread(target=refused)
    thread.start()
    thread.join()
    assert 0 < log.entries < WRONG
