"""The rows of `gateway.web.errors` that only programs meet, at the API."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from gateway.web.error_text import ErrorText, NextStep

ERRORS_OF_PROGRAMS: Mapping[str, ErrorText] = {
    "token.unknown": ErrorText(
        status=401,
        title=_("This API token is not known"),
        sentence=_("Send a token that was made here, as `Authorization: Bearer ghat_…`."),
        next_step=NextStep.ASK,
    ),
    "token.ended": ErrorText(
        status=401,
        title=_("This API token has expired or was revoked"),
        sentence=_("Make a new one in the console or by `manage.py api-tokens create`."),
        next_step=NextStep.ASK,
    ),
    "token.author-gone": ErrorText(
        status=401,
        title=_("Whoever made this API token may not use the console any more"),
        sentence=_("Somebody who may has to make another one."),
        next_step=NextStep.ASK,
    ),
    "token.scope-missing": ErrorText(
        status=403,
        title=_("This API token is not for that"),
        sentence=_("Make one with the scope that this needs."),
        next_step=NextStep.ASK,
    ),
    "token.no-person": ErrorText(
        status=403,
        title=_("An API token is not a person"),
        sentence=_("Only a signed-in browser has a session to tell of."),
        next_step=NextStep.ASK,
    ),
    "signals.set-refused": ErrorText(
        status=400,
        title=_("This event was not taken"),
        sentence=_("The answer says which check it failed."),
        next_step=NextStep.ASK,
    ),
    "signals.revocation-unproven": ErrorText(
        status=401,
        title=_("This request does not come from the provider"),
        sentence=_("Sign it with the provider’s own key, for this address."),
        next_step=NextStep.ASK,
    ),
    "signals.stream-unknown": ErrorText(
        status=404,
        title=_("There is no such stream"),
        sentence=_("It may have been ended meanwhile."),
        next_step=NextStep.HOME,
    ),
    "session.missing": ErrorText(
        status=401,
        title=_("Nobody is signed in"),
        sentence=_("Sign in at the gateway, or send an API token."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "configuration.exists": ErrorText(
        status=409,
        title=_("There is one of this name already"),
        sentence=_("Change that one, or choose another name."),
        next_step=NextStep.HOME,
    ),
    "change.stale": ErrorText(
        status=412,
        title=_("Somebody else changed this meanwhile"),
        sentence=_("Read it again, then make your change to what is there now."),
        next_step=NextStep.HOME,
    ),
    "change.unconditional": ErrorText(
        status=428,
        title=_("Say which state you want to change"),
        sentence=_("Send the ETag that you read, as If-Match."),
        next_step=NextStep.HOME,
    ),
    "request.fields-invalid": ErrorText(
        status=400,
        title=_("Some fields cannot be kept like this"),
        sentence=_("Each is named with what is wrong; nothing was changed."),
        next_step=NextStep.HOME,
    ),
    "request.too-large": ErrorText(
        status=413,
        title=_("This request is too large"),
        sentence=_("Send less at once."),
        next_step=NextStep.HOME,
    ),
    "request.no-json": ErrorText(
        status=415,
        title=_("This request is not JSON"),
        sentence=_("Send `Content-Type: application/json`."),
        next_step=NextStep.HOME,
    ),
    "request.method-unknown": ErrorText(
        status=405,
        title=_("This cannot be asked here"),
        sentence=_("The header Allow names the methods of this address."),
        next_step=NextStep.HOME,
    ),
}
