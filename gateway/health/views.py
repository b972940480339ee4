"""Two answers in JSON. They name what is away and never how it is reached."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from gateway.flows import condition


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers. It asks nothing else, so that an outage elsewhere restarts nobody."""
    return _answer({}, status=200)


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Database and Redis answer, so people can sign in; else 503."""
    parts = {"database": condition.database_answers(), "redis": condition.redis_answers()}
    return _answer(
        {name: "ok" if answers else "away" for name, answers in parts.items()},
        status=200 if all(parts.values()) else 503,
    )


def _answer(parts: dict[str, str], *, status: int) -> JsonResponse:
    content = {"status": "ok" if status == 200 else "away", **parts}  # noqa: PLR2004
    return JsonResponse(content, status=status, headers={"Cache-Control": "no-store"})
