"""What a page of the console asks of whoever opens it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def demand(request: HttpRequest, *permissions: str) -> None:
    """All of them. Raises PermissionDenied."""
    if not all(map(request.user.has_perm, permissions)):
        raise PermissionDenied
