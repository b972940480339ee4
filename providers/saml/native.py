"""The two C libraries that must be one: lxml makes the trees that xmlsec reads."""

from lxml import etree


def native_stack_mismatch() -> str | None:
    """What is wrong with the installed pair, None if it fits.

    xmlsec and lxml each bring a libxml2 and hand trees to each other by address: two versions of it
    in one process may read one document in two ways, or crash.
    """
    of_lxml = ".".join(map(str, etree.LIBXML_VERSION))
    try:
        import xmlsec  # noqa: PLC0415 -- it may refuse to be imported beside this lxml
    except Exception as error:  # noqa: BLE001 -- of a class that could not be imported either
        return f"xmlsec cannot work beside lxml with libxml2 {of_lxml} ({error})"
    of_xmlsec = ".".join(map(str, xmlsec.get_libxml_version()))
    return None if of_xmlsec == of_lxml else f"xmlsec has libxml2 {of_xmlsec}, lxml has {of_lxml}"
