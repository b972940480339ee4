"""The rows of `gateway.web.errors` that administrators meet who look after directories."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from gateway.web.error_text import ErrorText, NextStep

ERRORS_OF_DIRECTORIES: Mapping[str, ErrorText] = {
    "directory.error": ErrorText(
        status=502,
        title=_("The directory could not be read"),
        sentence=_("Nobody was changed by it. The directory’s page says what happened."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "directory.misconfigured": ErrorText(
        status=400,
        title=_("The directory is not set up right"),
        sentence=_("Nobody was changed by it. The directory’s page says what is missing."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "directory.unreachable": ErrorText(
        status=502,
        title=_("The directory does not answer"),
        sentence=_("Nobody was changed by it. It is asked again in a while."),
        next_step=NextStep.WAIT,
    ),
    "directory.refused": ErrorText(
        status=502,
        title=_("The directory does not let the gateway read"),
        sentence=_("Nobody was changed by it. Its credentials have to be given anew."),
        next_step=NextStep.ASK,
    ),
    "directory.busy": ErrorText(
        status=503,
        title=_("The directory wants to be left alone for a moment"),
        sentence=_("Nothing is lost. It is asked again when it says so."),
        next_step=NextStep.WAIT,
    ),
    "directory.answer-invalid": ErrorText(
        status=502,
        title=_("The directory’s answer could not be read"),
        sentence=_("Nobody was changed by it."),
        next_step=NextStep.ASK,
    ),
    "directory.unknown": ErrorText(
        status=404,
        title=_("There is no such directory"),
        sentence=_("It may have been disconnected."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "directory.run-under-way": ErrorText(
        status=409,
        title=_("The directory is being read already"),
        sentence=_("Wait until that is over, then try again."),
        next_step=NextStep.WAIT,
    ),
    "directory.run-over": ErrorText(
        status=409,
        title=_("There is newer news from the directory"),
        sentence=_("Nothing was decided. Look at what waits now."),
        next_step=NextStep.TRY_AGAIN,
    ),
}
