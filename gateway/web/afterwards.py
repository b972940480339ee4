"""What is done when a request's answer is on its way, so that nobody waits for it."""

from django.http import HttpRequest, HttpResponse

from gateway.flows.shadow import Beside


def beside(request: HttpRequest) -> Beside:
    """The sign-in of this request, to be judged by a draft afterwards."""
    made = Beside()
    request.beside = made  # type: ignore[attr-defined]
    return made


def afterwards(request: HttpRequest, response: HttpResponse) -> None:
    """Servers close an answer once it is sent (PEP 3333, "Specification Details")."""
    found = getattr(request, "beside", None)
    if isinstance(found, Beside):
        response._resource_closers.append(found.judge)  # type: ignore[attr-defined]  # noqa: SLF001 -- Django has no other
