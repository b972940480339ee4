"""Which people are looked for: read from the address of a page, or from its form."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gateway.console import sought
from provisioning.search import PeopleSearch, State

VIEW = "provisioning.view_account"
STATES = {
    State.ACTIVE: _("Open"),
    State.ENDS_SOON: _("Ends within two weeks"),
    State.LEFT: _("Closed"),
    State.BREAK_GLASS: _("Break-glass"),
    State.SERVICE: _("Program"),
}
MAX_UPSTREAM = 500  # letters, as many as an id upstream can have
_TERMS = ("q", "provider", "role", "state", "upstream")


def terms(request: HttpRequest) -> dict[str, str]:
    """What is said, and how the next page says it again."""
    said = {name: sought.term(request, name) for name in _TERMS[:-1]}
    said["upstream"] = sought.term(request, "upstream", MAX_UPSTREAM)
    said["provider"] = sought.provider_slug(said["provider"])
    if said["state"] not in STATES:
        said["state"] = ""
    return {name: value for name, value in said.items() if value}


def search(said: dict[str, str]) -> PeopleSearch:
    state = said.get("state")
    return PeopleSearch(
        words=said.get("q", ""),
        provider=said.get("provider", ""),
        role=said.get("role", ""),
        state=State(state) if state else None,
        upstream=said.get("upstream", ""),
    )
