"""Where a person may be sent after signing in: a path of ours, or an app that we know.

Scheme, host and port are compared as parsed parts, never as text (CVE-2026-41569 and its many
sisters): what a browser would read differently is refused before it is parsed.
"""

from urllib.parse import SplitResult, urlsplit

from gateway.flows.errors import ReturnRefused
from gateway.relying_parties.publish import matching_origin

MAX_LENGTH = 2048
HOME = "/"


def checked(return_to: str) -> str:
    """The same address, or `/` for none. Raises ReturnRefused."""
    if not return_to:
        return HOME
    if len(return_to) > MAX_LENGTH:
        raise ReturnRefused("longer than an address of ours can be")
    # Browsers drop tabs and line ends and read a backslash as a slash; nothing of ours has them.
    if "\\" in return_to or " " in return_to or not return_to.isprintable():
        raise ReturnRefused("holds characters that browsers read in more than one way")
    if return_to.startswith("/"):
        if return_to.startswith("//"):
            raise ReturnRefused("names a host without a scheme")
        return return_to
    parts = _parts(return_to)
    if parts.scheme not in {"http", "https"} or parts.username is not None:
        raise ReturnRefused("is neither a path of ours nor an address of an app")
    if matching_origin(f"{parts.scheme}://{parts.netloc}") is None:
        raise ReturnRefused("is not the address of an enabled app")
    return return_to


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError as error:  # an unclosed bracket, or letters that turn into other ones
        raise ReturnRefused("cannot be read as an address") from error
