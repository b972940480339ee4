"""Lists of people to take along, as CSV: line by line, harmless in a spreadsheet, and on record."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST

from gateway.console.accounts import terms
from gateway.console.people.listing import shown
from gateway.console.permission import demand
from gateway.flows import people_lists
from gateway.flows.spreadsheets import lines, moment
from provisioning.search import PeopleSearch

TAKE = "provisioning.export_account"
CHUNK = 1_000  # people of one look
_HEADER = (
    *("account", "username", "name", "email", "state", "providers", "roles"),
    *("made", "closed", "ends"),
)


@require_POST
def found(request: HttpRequest) -> HttpResponseBase:
    """Everybody whom the search finds."""
    demand(request, terms.VIEW, TAKE)
    said = terms.terms(request)
    return answer(request, "people", said, _HEADER, _rows(terms.search(said), timezone.now()))


def answer(
    request: HttpRequest,
    name: str,
    conditions: Mapping[str, str],
    header: Iterable[str],
    rows: Iterable[Iterable[str]],
) -> StreamingHttpResponse:
    """On record first, then line by line."""
    now = timezone.now()
    people_lists.taken(name, conditions, actor=str(request.user.pk), now=now)
    file = f"{name}-{now.astimezone(UTC):%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        lines(header, rows),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


def _rows(search: PeopleSearch, now: datetime) -> Iterator[tuple[str, ...]]:
    after = ""
    while people := list(search.rows(now).filter(username__gt=after)[:CHUNK]):
        after = people[-1].username
        for each in shown(people, now, roles=None):
            row = each.row
            yield (
                *(str(row.pk), row.username, row.name, row.email, each.state.value),
                *(", ".join(each.providers), ", ".join(each.roles)),
                *(moment(row.created_at), moment(row.deactivated_at), moment(row.ends_at)),
            )
        if len(people) < CHUNK:
            return
