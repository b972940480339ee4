"""The rows of `gateway.web.errors` about rules, their drafts, and reviews of who has what."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from gateway.web.error_text import ErrorText, NextStep

_NOT_SET_UP = ErrorText(
    status=502,
    title=_("This way of signing in is not set up right"),
    sentence=_("It is not your fault, and trying again will not help until it is mended."),
    next_step=NextStep.ASK,
)

ERRORS_OF_RULES: Mapping[str, ErrorText] = {
    "review.closed": ErrorText(
        status=409,
        title=_("This access review is over"),
        sentence=_("Nothing is decided in it any more. Begin another one."),
        next_step=NextStep.HOME,
    ),
    "mapping.error": _NOT_SET_UP,
    "mapping.rule-invalid": _NOT_SET_UP,
    "mapping.rule-set-stale": ErrorText(
        status=409,
        title=_("Somebody else published rules meanwhile"),
        sentence=_("Look at their change, then publish yours on top of it."),
        next_step=NextStep.HOME,
    ),
    "mapping.rule-set-unknown": ErrorText(
        status=404,
        title=_("There is no such version of the rules"),
        sentence=_("The history of the rules names all that there ever were."),
        next_step=NextStep.HOME,
    ),
    "rules-draft.gone": ErrorText(
        status=404,
        title=_("This draft is not there any more"),
        sentence=_("Somebody published or dropped it meanwhile. Nothing was changed."),
        next_step=NextStep.HOME,
    ),
    "rules-draft.stale": ErrorText(
        status=409,
        title=_("Somebody else changed this draft meanwhile"),
        sentence=_("Nothing was saved. Look at their change, then make yours on top of it."),
        next_step=NextStep.HOME,
    ),
    "rules-draft.moved": ErrorText(
        status=409,
        title=_("This draft is not what you looked at any more"),
        sentence=_("Somebody changed it or took it a step on. Look at it again."),
        next_step=NextStep.HOME,
    ),
    "rules-draft.conflict": ErrorText(
        status=409,
        title=_("The rules in force changed where this draft does"),
        sentence=_("Say for each of these rules whose change shall stand."),
        next_step=NextStep.HOME,
    ),
    "rules-draft.not-approved": ErrorText(
        status=409,
        title=_("A second person has to approve this first"),
        sentence=_("Submit the draft; somebody who had no hand in it can approve it."),
        next_step=NextStep.HOME,
    ),
    "rules-draft.own": ErrorText(
        status=403,
        title=_("Nobody approves a change of their own"),
        sentence=_("Somebody who had no hand in this draft has to look at it."),
        next_step=NextStep.HOME,
    ),
    "rules.nothing-changed": ErrorText(
        status=409,
        title=_("There is nothing to publish"),
        sentence=_("The rules in force say all this already."),
        next_step=NextStep.HOME,
    ),
    "rules-preview.too-long": ErrorText(
        status=503,
        title=_("Looking at everybody took too long"),
        sentence=_(
            "Nothing was changed. Where conditions say it, prefer them to CEL; or try later."
        ),
        next_step=NextStep.TRY_AGAIN,
    ),
    "rules-preview.under-way": ErrorText(
        status=409,
        title=_("Another preview is under way"),
        sentence=_("Everybody is looked at for one at a time; ask again in a minute."),
        next_step=NextStep.TRY_AGAIN,
    ),
    "rules-preview.gone": ErrorText(
        status=404,
        title=_("This preview is not kept any more"),
        sentence=_("What was found is kept for an hour, for whoever asked; ask anew."),
        next_step=NextStep.HOME,
    ),
    "rules-try.claims-unreadable": ErrorText(
        status=400,
        title=_("These claims cannot be read"),
        sentence=_(
            "Paste a JSON object of claims, or all that a provider sent, if it can be read."
        ),
        next_step=NextStep.TRY_AGAIN,
    ),
    "rules.role-loss": ErrorText(
        status=409,
        title=_("Very many people would lose a role"),
        sentence=_("Nothing was published: look at who they are, then agree to their number."),
        next_step=NextStep.HOME,
    ),
    "rules.console-lost": ErrorText(
        status=409,
        title=_("You would shut yourself out of the console"),
        sentence=_("Nothing was published: if it is meant, agree to it with your username."),
        next_step=NextStep.HOME,
    ),
    "claims-drift.over": ErrorText(
        status=409,
        title=_("Nothing waits for a decision any more"),
        sentence=_("Somebody decided meanwhile, or the provider is as it was. Look again."),
        next_step=NextStep.HOME,
    ),
    "rules-rollout.over": ErrorText(
        status=409,
        title=_("This is over already"),
        sentence=_("The change is live for everybody, or somebody else paused it or went on."),
        next_step=NextStep.HOME,
    ),
}
