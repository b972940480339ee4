"""What a browser brought back from a provider, as the connectors take it."""

from django.http import HttpRequest, QueryDict

from providers.connector import AuthenticationResponse


def authentication_response(request: HttpRequest) -> AuthenticationResponse:
    posted = request.method == "POST"
    fields: QueryDict = request.POST if posted else request.GET
    return AuthenticationResponse(
        method="POST" if posted else "GET",
        fields={name: str(fields[name]) for name in fields},
        repeated=frozenset(name for name in fields if len(fields.getlist(name)) > 1),
        query=request.META.get("QUERY_STRING", ""),
    )
