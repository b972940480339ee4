"""Which e-mail addresses are plain enough to be compared letter by letter."""

import re

# RFC 5321, 4.5.3.1: the longest path is 256 characters with its angle brackets.
MAX_ADDRESS = 254
MAX_LOCAL_PART = 64

_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_WORD}(?:\.{_WORD})*@(?:{_LABEL}\.)+{_LABEL}")


def well_formed(address: str) -> bool:
    """True for a dot-atom and a host name in ASCII, with exactly one `@` (RFC 5322, 3.4.1).

    Quoted parts, comments, address literals, white space, a trailing dot and letters beyond ASCII
    are lawful in some mail systems, but two programs read them in two ways: whoever decides by the
    domain of such an address decides by accident.
    """
    if len(address) > MAX_ADDRESS or address.find("@") > MAX_LOCAL_PART:
        return False
    return _ADDRESS.fullmatch(address) is not None
