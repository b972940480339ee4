"""What an app demands of a sign-in, as the edge asks for it."""

from datetime import timedelta

from gateway.edge.demand import NOTHING, Demand
from gateway.relying_parties.definition import Access
from gateway.relying_parties.models import RelyingParty


def demand_of(row: RelyingParty, access: Access) -> Demand:
    """Of one path. The app's own life is an age that no sign-in may pass at any of them."""
    if access.public:
        return NOTHING
    ages = [
        age for age in (access.max_age_minutes, row.session_lifetime_minutes) if age is not None
    ]
    return Demand(
        acr=access.acr,
        amr=access.amr,
        max_age=_minutes(min(ages, default=None)),
        idle_for=_minutes(row.session_idle_minutes),
    )


def demanded(row: RelyingParty, wanted: Demand) -> bool:
    """Whether some path of the app asks for exactly this of somebody."""
    paths = [demand_of(row, Access.read(entry)) for entry in row.access]
    return any(demand.asked(in_use=used) == wanted for demand in paths for used in (True, False))


def demands_age(row: RelyingParty) -> bool:
    """Whether some path of it takes only people of whom it is known when they were seen."""
    paths = (demand_of(row, Access.read(entry)) for entry in row.access)
    return any(demand.asked(in_use=False).max_age is not None for demand in paths)


def _minutes(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(minutes=count)
