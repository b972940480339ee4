"""Which browser on which system, as a person would say it; from what it says of itself.

No more than a hint: anybody can send any User-Agent (RFC 9110, 10.1.5), so nothing is decided by
it. A short table of our own: families are all that is told, and they change once in a decade.
"""

from itertools import product

MAX_AGENT = 500  # letters that are looked at
# The first that is found counts: nearly every browser also names those it descends from.
_BROWSERS = (
    *(("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera")),
    *(("SamsungBrowser/", "Samsung Internet"), ("Vivaldi/", "Vivaldi")),
    *(("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome")),
    *(("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl")),
)
_SYSTEMS = (
    *(("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("CrOS", "ChromeOS"), ("Macintosh", "Mac"), ("Linux", "Linux")),
)


def family(user_agent: str) -> str:
    """`Firefox on Windows`, or as much of it as is known; empty for nothing."""
    said = user_agent[:MAX_AGENT]
    browser = next((name for sign, name in _BROWSERS if sign in said), "")
    system = next((name for sign, name in _SYSTEMS if sign in said), "")
    return f"{browser} on {system}" if browser and system else browser or system


_NAMES = frozenset(name for _, name in (*_BROWSERS, *_SYSTEMS)) | frozenset(
    f"{browser} on {system}" for (_, browser), (_, system) in product(_BROWSERS, _SYSTEMS)
)


def is_family(text: str) -> bool:
    """Whether `family` can have said it."""
    return text in _NAMES


def differs(was: str, now: str) -> bool:
    """Whether two families are of two browsers, as far as both are known.

    What one of them leaves unsaid is no difference: a phone's player of films says `iPhone`, and is
    still the Safari beside it.
    """
    if not was or not now:
        return False
    before, after = {*was.split(" on ")}, {*now.split(" on ")}
    return not (before <= after or after <= before)
