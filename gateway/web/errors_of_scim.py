"""The rows of `gateway.web.errors` that only SCIM meets. Their words are for who runs the other
side: programs go by the status, and by the keyword of RFC 7644, 3.12.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gateway.web.error_text import ErrorText, NextStep
from provisioning.scim import errors
from provisioning.scim.errors import ScimRefused

_SENTENCE = _("The detail says what is wrong. Nothing was changed.")
_TITLES: Mapping[type[ScimRefused], str | Promise] = {
    errors.ScimRefused: _("This cannot be done"),
    errors.SyntaxInvalid: _("This is no such SCIM message"),
    errors.ValueInvalid: _("A value does not fit its attribute"),
    errors.FilterInvalid: _("Nothing can be sought by this filter"),
    errors.TooMany: _("This is more than one message may hold"),
    errors.PathInvalid: _("There is no such path"),
    errors.TargetMissing: _("Nothing is where this change points"),
    errors.Immutable: _("This may not be changed"),
    errors.NotUnique: _("Somebody else has it"),
    errors.ResourceUnknown: _("There is no such resource"),
    errors.Stale: _("It was changed since it was read"),
    errors.CursorInvalid: _("This cursor is not one of ours"),
    errors.Unproven: _("Send a living token of this connection"),
    errors.ProviderOff: _("The provider is switched off here"),
    errors.Forbidden: _("This may not be asked"),
    errors.MethodUnknown: _("This cannot be asked here"),
    errors.TooLarge: _("This is more than may be sent at once"),
    errors.NoScim: _("Send application/scim+json"),
}
ERRORS_OF_SCIM: Mapping[str, ErrorText] = {
    refusal.code: ErrorText(
        status=refusal.status, title=title, sentence=_SENTENCE, next_step=NextStep.ASK
    )
    for refusal, title in _TITLES.items()
}
