"""The last way into the console is not taken unawares, nor by two people who take one each."""

from gateway.flows.dependents import ways_in_without
from gateway.flows.errors import LastWayIn
from providers.models import Provider


def lock_ways_in() -> None:
    """Until the caller's transaction ends nobody else switches a provider off.

    All in one order, and before the caller locks any of them: so no two wait for each other.
    """
    in_use = Provider.objects.select_for_update(of=("self",)).filter(enabled=True)
    list(in_use.order_by("pk").values_list("pk"))


def check_way_in_without(row: Provider) -> None:
    """In the transaction that takes it. Raises LastWayIn."""
    lock_ways_in()
    if not ways_in_without(row):
        raise LastWayIn(f"without {row.slug} nobody could open the console")
