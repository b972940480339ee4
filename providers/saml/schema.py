"""The schema of SAML's messages, as python3-saml ships it."""

import threading
from pathlib import Path

import onelogin.saml2
from lxml import etree

from providers.errors import ResponseInvalid
from providers.trace import checks

_FILE = Path(onelogin.saml2.__file__).parent / "schemas" / "saml-schema-protocol-2.0.xsd"
_PIECE = 4096  # bytes
# One parsed schema a thread: lxml keeps the errors of the last document in it.
_own = threading.local()


@checks("saml.schema")
def check_schema(root: etree._Element) -> None:
    """Raises ResponseInvalid for a message that is none by saml-schema-protocol-2.0."""
    if not hasattr(_own, "schema"):
        _own.schema = etree.XMLSchema(etree.parse(str(_FILE)))
    if _fails_early(root, _own.schema) or not _own.schema.validate(root):
        raise ResponseInvalid("saml.schema", "not a message of SAML 2.0")


def _fails_early(root: etree._Element, schema: etree.XMLSchema) -> bool:
    """Whether there is an error in it, found piece by piece and not looked for beyond the first.

    lxml writes down each with its place among all its like: four thousand elements that are wrong
    in four ways took half a second. The last word has the tree, in which identifiers count too.
    """
    text = etree.tostring(root, encoding="utf-8", with_tail=False)  # in ASCII names would break
    parser = etree.XMLParser(schema=schema, resolve_entities=False, no_network=True)
    for start in range(0, len(text), _PIECE):
        parser.feed(text[start : start + _PIECE])
        if parser.feed_error_log.filter_from_errors():
            return True
    return False
