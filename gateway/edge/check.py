"""The edge's decision. Pure: no clock, no store, no request."""

from datetime import datetime
from enum import Enum

from gateway.edge.routes import AccessRoute
from gateway.sessions.program import Program
from gateway.sessions.session import Session


class Verdict(Enum):
    ALLOW = "allow"  # 200, as this person
    PUBLIC = "public"  # 200, as nobody
    LOGIN = "login"  # 401, or a redirect to sign in
    STEP_UP = "step-up"  # likewise: she is known, but must show more, or anew, who she is
    DENY = "deny"  # 403: known, but not allowed; never 401, or the proxy would loop
    NO_CERTIFICATE = "no-certificate"  # 403: opens to certain clients alone, and this is none
    NO_PROGRAMS = "no-programs"  # 403: a program's token came where none counts
    NO_TOKEN = "no-token"  # noqa: S105 -- 401: the token is unknown or over
    UNKNOWN_APP = "unknown-app"  # 403: nothing is known of this address, or it can be read two ways


def check(
    route: AccessRoute | None,
    session: Session | None,
    now: datetime,
    *,
    asks_before: bool = False,
    certificate: str = "",
    in_use: bool = False,
) -> Verdict:
    """`asks_before`: this is a CORS preflight, which can bear neither cookie nor certificate;
    `certificate` is the fingerprint of the client's, as the proxy saw it; `in_use` says whether
    the session was used at this app within the route's idle life.
    """
    if route is None:
        return Verdict.UNKNOWN_APP
    if route.public or (asks_before and route.preflight):
        return Verdict.PUBLIC
    if route.client_certificates and certificate not in route.client_certificates:
        return Verdict.NO_CERTIFICATE
    if session is None or now >= session.expires_at:
        return Verdict.LOGIN
    return _known(route, session, now, in_use=in_use)


def check_program(
    route: AccessRoute | None, program: Program | None, now: datetime, *, certificate: str = ""
) -> Verdict:
    """Of a request that shows a program's token; `program` is what it opens.

    What a path demands of a sign-in is for people: a program has none, and shows its token instead.
    """
    if route is None or not route.programs:
        return Verdict.UNKNOWN_APP if route is None else Verdict.NO_PROGRAMS
    if route.client_certificates and certificate not in route.client_certificates:
        return Verdict.NO_CERTIFICATE
    if program is None or now >= program.session.expires_at:
        return Verdict.NO_TOKEN
    lacks_role = route.any_of_roles and route.any_of_roles.isdisjoint(program.session.roles)
    if route.relying_party not in program.apps or lacks_role:
        return Verdict.DENY
    return Verdict.ALLOW


def _known(route: AccessRoute, session: Session, now: datetime, *, in_use: bool) -> Verdict:
    if route.any_of_roles and route.any_of_roles.isdisjoint(session.roles):
        return Verdict.DENY
    if not route.plain and not route.demand.asked(in_use=in_use).met_by(session, now):
        return Verdict.STEP_UP
    return Verdict.ALLOW
