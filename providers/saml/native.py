"""The two C libraries that must be one: lxml makes the trees that xmlsec reads."""

import xmlsec
from lxml import etree


def native_stack_mismatch() -> str | None:
    """What is wrong with the installed pair, None if it fits.

    xmlsec and lxml each bring a libxml2 and hand trees to each other by address: two versions of it
    in one process may read one document in two ways, or crash.
    """
    of_xmlsec, of_lxml = xmlsec.get_libxml_version(), etree.LIBXML_VERSION
    if of_xmlsec == of_lxml:
        return None
    return f"xmlsec has libxml2 {_dotted(of_xmlsec)}, lxml has {_dotted(of_lxml)}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
