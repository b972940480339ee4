"""The schema of SAML's messages, as python3-saml ships it."""

import threading
from pathlib import Path

import onelogin.saml2
from lxml import etree

from providers.errors import ResponseInvalid
from providers.trace import checks

_FILE = Path(onelogin.saml2.__file__).parent / "schemas" / "saml-schema-protocol-2.0.xsd"
# One parsed schema a thread: lxml keeps the errors of the last document in it.
_own = threading.local()


@checks("saml.schema")
def check_schema(root: etree._Element) -> None:
    """Raises ResponseInvalid for a message that is none by saml-schema-protocol-2.0."""
    if not hasattr(_own, "schema"):
        _own.schema = etree.XMLSchema(etree.parse(str(_FILE)))
    if not _own.schema.validate(root):
        raise ResponseInvalid("saml.schema", "not a message of SAML 2.0")
