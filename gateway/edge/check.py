"""The edge's decision. Pure: no clock, no store, no request."""

from datetime import datetime
from enum import Enum

from gateway.edge.routes import AccessRoute
from gateway.sessions.session import Session


class Verdict(Enum):
    ALLOW = "allow"  # 200, as this person
    PUBLIC = "public"  # 200, as nobody
    LOGIN = "login"  # 401, or a redirect to sign in
    DENY = "deny"  # 403: known, but not allowed; never 401, or the proxy would loop
    UNKNOWN_APP = "unknown-app"  # 403: nothing is known of this address, or it can be read two ways


def check(route: AccessRoute | None, session: Session | None, now: datetime) -> Verdict:
    if route is None:
        return Verdict.UNKNOWN_APP
    if route.public:
        return Verdict.PUBLIC
    if session is None or now >= session.expires_at:
        return Verdict.LOGIN
    if route.any_of_roles and not route.any_of_roles & session.roles:
        return Verdict.DENY
    return Verdict.ALLOW
