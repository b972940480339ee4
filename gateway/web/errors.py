"""What becomes of each error: status, words and the next step, in one table.

The person gets a safe sentence, something to do and a reference; the log and the audit row have the
rest under the same reference.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gateway.web.error_text import ErrorText, NextStep
from gateway.web.errors_of_directories import ERRORS_OF_DIRECTORIES
from gateway.web.errors_of_joining import ERRORS_OF_JOINING
from gateway.web.errors_of_programs import ERRORS_OF_PROGRAMS
from gateway.web.errors_of_rules import ERRORS_OF_RULES
from gateway.web.errors_of_scim import ERRORS_OF_SCIM

__all__ = ["ERRORS", "ErrorText", "NextStep"]


def _unavailable(sentence: str | Promise) -> ErrorText:
    return ErrorText(
        status=503,
        title=_("Sign-in is away for a moment"),
        sentence=sentence,
        next_step=NextStep.WAIT,
    )


def _misconfigured() -> ErrorText:
    return ErrorText(
        status=502,
        title=_("This way of signing in is not set up right"),
        sentence=_("It is not your fault, and trying again will not help until it is mended."),
        next_step=NextStep.ASK,
    )


ERRORS: dict[str, ErrorText] = {
    "provider.error": _misconfigured(),
    "provider.unknown": ErrorText(
        status=404,
        title=_("This way of signing in does not exist"),
        sentence=_("It may have been switched off. Choose another one."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "provider.misconfigured": _misconfigured(),
    "provider.unreachable": ErrorText(
        status=502,
        title=_("Your company’s sign-in does not answer"),
        sentence=_("Nothing is lost. Wait a moment, then try again."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "provider.refused": ErrorText(
        status=403,
        title=_("Your company did not let you in"),
        sentence=_("You may have cancelled, or your account may not be allowed to sign in here."),
        next_step=NextStep.OTHER_ACCOUNT,
    ),
    "provider.response-invalid": ErrorText(
        status=403,
        title=_("Your company did not confirm who you are"),
        sentence=_("Its answer could not be trusted, so nobody was signed in."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "provider.logout-invalid": ErrorText(
        status=400,
        title=_("Signing out was not confirmed"),
        sentence=_(
            "A message about it could not be trusted and changed nothing. You may still be"
            " signed in, here or at your company."
        ),
        next_step=NextStep.HOME,
    ),
    "provider.request-unknown": ErrorText(
        status=400,
        title=_("This sign-in took too long or was used before"),
        sentence=_("Begin again; it only takes a moment."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "provider.shared-cache-unavailable": _unavailable(_("Nobody can be signed in just now.")),
    "session.ending-stopped": _unavailable(
        _("Not all sessions could be ended. Do the same again: it goes on where it stopped.")
    ),
    "session.store-unavailable": _unavailable(
        _("Sessions cannot be read just now. You have not been signed out.")
    ),
    "session.upstream-ended": ErrorText(
        status=403,
        title=_("Your company signed you out meanwhile"),
        sentence=_("Sign in again if you meant to stay."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "provisioning.error": _misconfigured(),
    "provisioning.account-closed": ErrorText(
        status=403,
        title=_("Your account is closed"),
        sentence=_("Your company knows you, but your account here was switched off."),
        next_step=NextStep.ASK,
    ),
    "provisioning.account-ended": ErrorText(
        status=403,
        title=_("Your time here has ended"),
        sentence=_(
            "Your account had an end date, and it has come. If you stay on, it can be moved."
        ),
        next_step=NextStep.ASK,
    ),
    "provisioning.account-unknown": ErrorText(
        status=404,
        title=_("There is no such account"),
        sentence=_("It may have been removed meanwhile."),
        next_step=NextStep.HOME,
    ),
    "provisioning.identity-unreadable": ErrorText(
        status=404,
        title=_("What was kept of this person cannot be read"),
        sentence=_("It is kept anew at the next sign-in."),
        next_step=NextStep.HOME,
    ),
    "provisioning.owner-unfit": ErrorText(
        status=409,
        title=_("This account cannot answer for a program"),
        sentence=_("Name a person whose account is open."),
        next_step=NextStep.HOME,
    ),
    "provisioning.username-taken": ErrorText(
        status=409,
        title=_("Somebody has this username already"),
        sentence=_("Choose another one."),
        next_step=NextStep.HOME,
    ),
    "provisioning.role-unknown": ErrorText(
        status=404,
        title=_("There is no such role"),
        sentence=_("It may have been renamed or removed meanwhile."),
        next_step=NextStep.HOME,
    ),
    "provisioning.link-conflict": ErrorText(
        status=403,
        title=_("This sign-in belongs to nobody yet"),
        sentence=_("An account with your address exists, and only an administrator can join them."),
        next_step=NextStep.ASK,
    ),
    "provisioning.other-provider-required": ErrorText(
        status=403,
        title=_("Your company signs in another way"),
        sentence=_("People with an address of your company sign in here through its own provider."),
        next_step=NextStep.OTHER_PROVIDER,
    ),
    "provisioning.not-admitted": ErrorText(
        status=403,
        title=_("You have no account here yet"),
        sentence=_("Your company knows you, but nobody has let you in here."),
        next_step=NextStep.ASK,
    ),
    "local.refused": ErrorText(
        status=403,
        title=_("That was not right"),
        sentence=_("Check what you typed, and try again."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "flow.error": _misconfigured(),
    "return.refused": ErrorText(
        status=400,
        title=_("This link leads somewhere unknown"),
        sentence=_("The address to come back to is not one of your company’s apps."),
        next_step=NextStep.HOME,
    ),
    "entry.refused": ErrorText(
        status=403,
        title=_("This app is not known here"),
        sentence=_("It may be new, or have been switched off."),
        next_step=NextStep.HOME,
    ),
    "entry.other-provider": ErrorText(
        status=403,
        title=_("This app wants another way of signing in"),
        sentence=_("You are signed in, but not through a provider that this app takes."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "entry.demand-unknown": ErrorText(
        status=409,
        title=_("The rules of this app have just changed"),
        sentence=_("Go to the app again in a moment."),
        next_step=NextStep.HOME,
    ),
    "entry.step-up-unmet": ErrorText(
        status=403,
        title=_("This app asks for a stronger sign-in"),
        sentence=_("You are signed in, but not in the way that it asks for."),
        next_step=NextStep.OTHER_ACCOUNT,
    ),
    "domain.unknown": ErrorText(
        status=404,
        title=_("No sign-in is connected for that domain"),
        sentence=_(
            "Look at what stands behind the @ of your work e-mail. If it is right, your company’s"
            " sign-in is not connected here."
        ),
        next_step=NextStep.TRY_AGAIN,
        to_ask=_("Your help desk can tell you how people of your company sign in here."),
    ),
    "link.unknown": ErrorText(
        status=404,
        title=_("This link does not work any more"),
        sentence=_("It may be too old, or have been used. Ask for a new one."),
        next_step=NextStep.ASK,
    ),
    "limit.too-many-tries": ErrorText(
        status=429,
        title=_("Too many tries"),
        sentence=_("Wait a minute, then try again."),
        next_step=NextStep.WAIT,
    ),
    "access.not-permitted": ErrorText(
        status=403,
        title=_("You may not do this"),
        sentence=_("Your roles do not include it."),
        next_step=NextStep.OTHER_ACCOUNT,
    ),
    "set-up.in-use": ErrorText(
        status=409,
        title=_("This sign-in is in use already"),
        sentence=_("It was switched on meanwhile, so only its administrator can change it."),
        next_step=NextStep.ASK,
    ),
    "console.last-way-in": ErrorText(
        status=409,
        title=_("Nobody could open the console any more"),
        sentence=_("Give another administrator a way to sign in first."),
        next_step=NextStep.HOME,
    ),
    "metadata.held-gone": ErrorText(
        status=409,
        title=_("This change is not waiting any more"),
        sentence=_("The provider published something else meanwhile, or somebody decided already."),
        next_step=NextStep.HOME,
    ),
    "trial.gone": ErrorText(
        status=404,
        title=_("This test sign-in is not kept any more"),
        sentence=_("Its result is shown for ten minutes, to whoever ran it. Test again."),
        next_step=NextStep.HOME,
    ),
    "draft.gone": ErrorText(
        status=409,
        title=_("This draft is not there any more"),
        sentence=_("Somebody promoted, dropped or replaced it meanwhile. Nothing was changed."),
        next_step=NextStep.HOME,
    ),
    "draft.stale": ErrorText(
        status=409,
        title=_("The provider was changed meanwhile"),
        sentence=_("Look at the change on the draft’s page, then begin the draft on top of it."),
        next_step=NextStep.HOME,
    ),
    "database.unavailable": _unavailable(_("Nothing is lost, and nobody has been signed out.")),
    "request.invalid": ErrorText(
        status=400,
        title=_("This address cannot be read"),
        sentence=_("It may have been cut off on its way to you."),
        next_step=NextStep.HOME,
    ),
    "request.forged": ErrorText(
        status=403,
        title=_("This form is too old"),
        sentence=_("Go back, load the page again and repeat what you did."),
        next_step=NextStep.HOME,
    ),
    "page.unknown": ErrorText(
        status=404,
        title=_("There is no such page"),
        sentence=_("Check the address, or start from your own page."),
        next_step=NextStep.HOME,
    ),
    "internal": ErrorText(
        status=500,
        title=_("Something broke here"),
        sentence=_("It is not your fault. The people who run this will find it by the code."),
        next_step=NextStep.ASK,
    ),
    **ERRORS_OF_JOINING,
    **ERRORS_OF_PROGRAMS,
    **ERRORS_OF_DIRECTORIES,
    **ERRORS_OF_RULES,
    **ERRORS_OF_SCIM,
}
