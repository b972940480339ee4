"""Who is signed in at Gatehouse, for Python apps.

Behind a proxy that asks the edge, `verify_assertion` reads what the edge says. Without one,
`SessionReader` reads the session itself. `verify_ended` reads what the gateway tells of a person
who has to go. `Gate` is either, for the middleware of `asgi`, `wsgi`,
`django` and `drf`.
"""

from gatehouse_client.assertion import AssertionReader, verify_assertion
from gatehouse_client.ended import Ended, verify_ended
from gatehouse_client.gate import Gate
from gatehouse_client.keys import PublicKeys
from gatehouse_client.person import NotVouchedFor, Person, Session, Unavailable
from gatehouse_client.reader import SessionReader

__all__ = [
    "AssertionReader",
    "Ended",
    "Gate",
    "NotVouchedFor",
    "Person",
    "PublicKeys",
    "Session",
    "SessionReader",
    "Unavailable",
    "verify_assertion",
    "verify_ended",
]
