"""What a browser brought back from a provider, as the connectors take it."""

from django.http import HttpRequest, QueryDict

from providers.connector import AuthenticationResponse


def authentication_response(request: HttpRequest) -> AuthenticationResponse:
    method = "POST" if request.method == "POST" else "GET"
    fields: QueryDict = request.POST if method == "POST" else request.GET
    return AuthenticationResponse(
        method=method,
        fields={name: fields[name] for name in fields},
        repeated=frozenset(name for name in fields if len(fields.getlist(name)) > 1),
        query=request.META.get("QUERY_STRING", ""),
    )
