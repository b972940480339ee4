"""The rows of `gateway.web.errors` about who may join an account, and what leaves one."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from gateway.web.error_text import ErrorText, NextStep

ERRORS_OF_JOINING: Mapping[str, ErrorText] = {
    "provisioning.proof-wanted": ErrorText(
        status=403,
        title=_("Have you been here before?"),
        sentence=_("Begin again; you will be asked whether an account here is yours."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "provisioning.approval-wanted": ErrorText(
        status=403,
        title=_("Somebody has to let you in first"),
        sentence=_("An administrator was asked. You can close this page."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "invitation.gone": ErrorText(
        status=404,
        title=_("There is no such invitation any more"),
        sentence=_(
            "You may have come by it already: then simply sign in. If not, whoever invited you "
            "can do it anew."
        ),
        next_step=NextStep.TRY_AGAIN,
    ),
    "provisioning.invitation-over": ErrorText(
        status=403,
        title=_("Your invitation is over"),
        sentence=_(
            "Its time has passed, or it was taken back. Whoever invited you can do it anew."
        ),
        next_step=NextStep.ASK,
    ),
    "provisioning.join-declined": ErrorText(
        status=403,
        title=_("You were not let in"),
        sentence=_("An administrator looked at your request and declined it."),
        next_step=NextStep.ASK,
    ),
    "provisioning.identity-unknown": ErrorText(
        status=404,
        title=_("This way of signing in is not yours any more"),
        sentence=_("It may have been taken off your account meanwhile."),
        next_step=NextStep.HOME,
    ),
    "merge.unfit": ErrorText(
        status=409,
        title=_("These two are not merged"),
        sentence=_("Nothing was changed. The page that asks says which reason it is."),
        next_step=NextStep.HOME,
    ),
    "merge.needs-proof": ErrorText(
        status=409,
        title=_("Only she herself can say that this account is hers"),
        sentence=_(
            "An account with power here is joined by a fresh proof alone. Nothing was done."
        ),
        next_step=NextStep.HOME,
    ),
    "merge.over": ErrorText(
        status=409,
        title=_("This merge cannot be undone any more"),
        sentence=_("Thirty days have passed, or somebody has undone it. Nothing was changed."),
        next_step=NextStep.HOME,
    ),
    "provisioning.only-identity": ErrorText(
        status=409,
        title=_("This is your only way to sign in"),
        sentence=_("Without it you could not come in any more, so it stays."),
        next_step=NextStep.HOME,
    ),
    "joining.missed": ErrorText(
        status=403,
        title=_("No account here is known by that sign-in"),
        sentence=_("Choose the way in which you signed in here before."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "joining.gone": ErrorText(
        status=400,
        title=_("This took too long or was done already"),
        sentence=_("Begin again; it only takes a moment."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "join-request.gone": ErrorText(
        status=409,
        title=_("This request is not waiting any more"),
        sentence=_("She came in meanwhile, or the request was withdrawn."),
        next_step=NextStep.HOME,
    ),
}
