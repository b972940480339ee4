"""The OIDC legs on mozilla-django-oidc's views.

The library makes state, nonce and PKCE verifier, and hands them back on return; its mapping of
states is, for us, the sealed pending login of this browser (`States`). All that its views would do
with settings, tokens and accounts is done by `flows.login` instead.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from mozilla_django_oidc.views import (
    OIDCAuthenticationCallbackView,
    OIDCAuthenticationRequestView,
)

from gateway.flows import limits, login
from gateway.flows.login import LoggedIn, LoginStart
from gateway.login import wishes
from gateway.login.callbacks import callback_url
from gateway.login.cookies import federated_callback, signed_in
from gateway.login.joining import led_on, proven
from gateway.login.trying import tried
from gateway.web.backend import complete
from gateway.web.client import limited_client
from gateway.web.leaving import sent_to_provider
from providers.errors import RequestUnknown

# State and nonce have 43 letters of 62 kinds, 256 bits; more than 43 some providers refuse.
_SETTINGS: dict[str, object] = {
    "OIDC_STATE_SIZE": 43,
    "OIDC_NONCE_SIZE": 43,
    "OIDC_USE_NONCE": True,
    "OIDC_USE_PKCE": True,
    "OIDC_PKCE_CODE_VERIFIER_SIZE": 64,
    "OIDC_PKCE_CODE_CHALLENGE_METHOD": "S256",
    # The library asks for an address without arguments; the real one, a path for each provider,
    # is the connector's.
    "OIDC_AUTHENTICATION_CALLBACK_URL": "sign-in",
    "OIDC_RP_SCOPES": "openid",
    "OIDC_REDIRECT_FIELD_NAME": "next",
}


class States(dict[str, Any]):
    """What the library takes for `request.session`: its `oidc_states`, and nothing that lasts."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__()
        self.session_key = session_key

    def save(self) -> None:
        """The pending login is kept by its own cookie."""


class _RowSettings:
    """Answers the library's questions from here: no setting of Django's is asked."""

    def get_settings(self, attr: str, *args: object) -> object:
        return _SETTINGS[attr] if attr in _SETTINGS else args[0]


class StartView(_RowSettings, OIDCAuthenticationRequestView):
    """Leaves for one OIDC provider: by a link, or by the form for an address."""

    http_method_names = ["get", "post"]
    OIDC_OP_AUTH_ENDPOINT = ""
    OIDC_RP_CLIENT_ID = ""

    def __init__(self, **kwargs: object) -> None:
        View.__init__(self, **kwargs)  # the library's own reads Django's settings

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # type: ignore[override]
        limits.spend(limits.Limit.START, limited_client(request))
        session = request.session
        request.session = States()  # type: ignore[assignment]
        super().get(request)  # type: ignore[no-untyped-call]
        [(state, made)] = request.session["oidc_states"].items()
        request.session = session
        begun = login.begin(
            LoginStart(
                provider=slug,
                state=state,
                nonce=made["nonce"],
                code_verifier=made["code_verifier"],
                callback_url=callback_url(slug),
                return_to=wishes.fields(request).get("return_to", ""),
                force_authentication=wishes.fields(request).get("fresh") == "1",
                remember=wishes.remember(request),
                replaces=session.handle,  # type: ignore[attr-defined]
                login_hint=wishes.login_hint(request),
                ui_locales=wishes.ui_locales(request),
            ),
            reference=request.reference,  # type: ignore[attr-defined]
            now=timezone.now(),
        )
        return sent_to_provider(request, begun)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        return self.get(request, slug)


# Exempt because a form_post answer is a POST from the provider's site by design; what stands in for
# the CSRF token is the pending login, sealed in this browser's own cookie and used once.
@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(led_on, name="dispatch")
class CallbackView(_RowSettings, OIDCAuthenticationCallbackView):
    """Comes back from one OIDC provider: by GET, or by POST where the row says form_post. Which of
    the two is right, the connector knows.
    """

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # type: ignore[override]
        limits.spend(limits.Limit.CALLBACK, limited_client(request))
        state = request.GET.get("state", "")
        # Before anything else: without a pending login of this browser, this state and this
        # provider, no answer means anything, an error no more than a code.
        callback = federated_callback(request, slug, state)
        if callback.waiting.tried_by is not None:
            return tried(request, callback)
        if callback.waiting.proves:
            return proven(request, callback)
        asked = callback.waiting.request
        request.user = AnonymousUser()  # an error from outside signs nobody out
        request.session = States()  # type: ignore[assignment]
        request.session["oidc_states"] = {
            state: {"nonce": asked.nonce, "code_verifier": asked.code_verifier}
        }
        request.federated_callback = callback  # type: ignore[attr-defined]
        if "code" in request.GET and "error" not in request.GET:
            return super().get(request)  # type: ignore[no-any-return, no-untyped-call]
        complete(request, callback)  # the connector says what an answer without a code means
        raise RequestUnknown("an answer without a code was taken")

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        limits.spend(limits.Limit.CALLBACK, limited_client(request))
        state = request.POST.get("state", "")
        callback = federated_callback(request, slug, state)
        if callback.waiting.tried_by is not None:
            return tried(request, callback)
        if callback.waiting.proves:
            return proven(request, callback)
        request.user = AnonymousUser()
        return signed_in(request, complete(request, callback), state)

    def login_success(self) -> HttpResponse:
        logged_in: LoggedIn = self.request.logged_in  # type: ignore[attr-defined]
        return signed_in(self.request, logged_in, self.request.GET["state"])

    def login_failure(self) -> HttpResponse:
        raise RequestUnknown("no backend took the answer")
