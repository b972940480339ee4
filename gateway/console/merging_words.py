"""What a merge, an undo or a split does, in sentences: first what somebody might regret."""

from collections.abc import Iterator

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gateway.console import merging_lines as lines
from gateway.console.merging_lines import Part
from gateway.console.personal import LABELS
from gateway.flows.merging import MergePlan, SplitPlan, UndoPlan
from provisioning.profile import Attribute

UNFIT = {
    "same": _("This is the same account. Name the other one."),
    "own": _("One of the two is your own. Ask another administrator."),
    "no-person": _("A program’s or a break-glass account is never merged."),
    "erased": _("Nothing is left of the person of one of these accounts."),
    "gone": _("One of the two went into another account already. Undo that first."),
    "two-in-scim": _(
        "One SCIM connection tells of both: for the company these are two people. Delete one there"
        " first."
    ),
    "two-in-directory": _(
        "One directory knows both: for the company these are two people. Take one of them out there"
        " first."
    ),
}
NEEDS_PROOF = _(
    "One of the two has power here: it opens this console, has a password, or holds a role that"
    " gives such power, be it masked or the account closed. No administrator merges it. What she"
    " herself can do is to join a sign-in that has no account yet, at a provider whose link policy"
    " is “by proof”."
)
GAINS_PROOF = _(
    "An account would come to have power here that it has not now. Take that role away first."
)
SPLIT_NEEDS_PROOF = _(
    "This account has power here, be it masked or the account closed, or one of the two would come"
    " to have it. No administrator takes an identity out of such an account. Take that power away"
    " first."
)
SPLIT_SHUTS_OUT = _(
    "Without it nobody could sign in to this account any more; it stays where it is. What only SCIM"
    " tells of, and a provider that is switched off or deleted, let nobody in."
)


def of_merge(plan: MergePlan) -> Iterator[Part]:
    facts = plan.facts
    kept, gone = facts.moved.to.username, facts.moved.origin.username
    yield from lines.loud([*_closing(plan, kept, gone), *_doubts(plan, kept)], facts.moved)
    yield lines.identities(gettext("These lead to %s from now on") % kept, facts.moved, facts.told)
    roles = lines.roles(facts.moved, facts.moved.to, facts.roles_twice)
    if facts.closes:
        shut = gettext("None of it counts as long as the account is closed.")
        roles = Part(title=roles.title, lines=(*roles.lines, shut))
    yield roles
    yield from lines.attributes(gettext("What is said of her changes in %s"), facts.moved.to)
    yield Part(title=gettext("Ends"), lines=tuple(dict.fromkeys(_ends(plan, gone))))
    yield Part(title=gettext("What apps see"), lines=tuple(_apps(plan, kept, gone)))
    if behind := tuple(_behind(plan, gone)):
        yield Part(title=gettext("Stays with the emptied account"), lines=behind)


def of_undo(plan: UndoPlan) -> Iterator[Part]:
    facts = plan.facts
    kept, gone = facts.moved.origin.username, facts.moved.to.username
    minded = []
    if facts.gone_closed_by:
        told = {"gone": gone, "by": lines.sources(facts.gone_closed_by)}
        minded.append(gettext("%(gone)s stays closed; that it is says: %(by)s.") % told)
    if facts.kept_opens:
        minded.append(gettext("%s is open again: what had closed it goes back.") % kept)
    if facts.ends_at != facts.ended_at:
        minded.append(lines.end_moves(kept, facts.ends_at))
    yield from lines.loud(minded, facts.moved)
    if facts.gone_opens:
        opens = (gettext("%s is open again, and an account of its own.") % gone,)
        yield Part(title=gettext("The account that went"), lines=opens)
    yield lines.identities(gettext("These lead to %s again") % gone, facts.moved, None)
    yield lines.roles(facts.moved, facts.moved.to, ())
    if facts.moved.origin.lost:
        lost = tuple(lines.labels(facts.moved.origin.lost))
        yield Part(title=gettext("%s loses these roles") % kept, lines=lost)
    yield from lines.attributes(gettext("What is said of her changes in %s"), facts.moved.origin)
    since = tuple(_since(plan, kept))
    yield Part(title=gettext("What changed since the merge"), lines=since or (gettext("Nothing."),))
    words = gettext("API tokens of %s that ended stay ended. Apps hear at her next sign-in.") % gone
    yield Part(title=gettext("Ends"), lines=(lines.sessions(plan.sessions, kept), words))


def of_split(plan: SplitPlan) -> Iterator[Part]:
    facts = plan.facts
    old, new = facts.moved.origin.username, facts.moved.to.username
    minded = []
    if facts.closed:
        told = {"new": new, "by": lines.sources(facts.closed)}
        minded.append(gettext("%(new)s is closed as well; that it is says: %(by)s.") % told)
    if facts.ends_at is not None:
        minded.append(lines.end_moves(new, facts.ends_at))
    if facts.scim_stays:
        minded.append(
            gettext(
                "A SCIM record of that provider stays with %s: if she leaves the company, that"
                " alone is closed."
            )
            % old
        )
    yield from lines.loud(minded, facts.moved)
    yield lines.identities(
        gettext("These lead to a new account, %s") % new, facts.moved, facts.told
    )
    yield lines.roles(facts.moved, facts.moved.to, ())
    if facts.moved.origin.lost:
        lost = tuple(lines.labels(facts.moved.origin.lost))
        yield Part(title=gettext("%s loses these roles") % old, lines=lost)
    yield from lines.attributes(gettext("What is said of her changes in %s"), facts.moved.origin)
    keeps = gettext("%s keeps roles and attributes that a hand gave it, and its API tokens.") % old
    yield Part(title=gettext("Ends"), lines=(lines.sessions(plan.sessions, old), keeps))
    seen = gettext("Apps see her as somebody new by that sign-in: as %s.") % new
    yield Part(title=gettext("What apps see"), lines=(seen,))


def _closing(plan: MergePlan, kept: str, gone: str) -> Iterator[str]:
    facts = plan.facts
    if facts.closes:
        told = {"kept": kept, "gone": gone, "by": lines.sources(word[0] for word in facts.closures)}
        yield (
            gettext(
                "%(gone)s is closed, so %(kept)s closes too, and all of its sessions and API tokens"
                " end. That it is closed says: %(by)s. A merge lets nobody in again who was let go."
            )
            % told
        )
    elif not facts.kept_was_open:
        yield gettext(
            "%(kept)s is closed and stays closed: she signs in by nothing any more, neither of the"
            " two."
        ) % {"kept": kept}
    if facts.ends_at != facts.ended_at:
        yield lines.end_moves(kept, facts.ends_at)


def _doubts(plan: MergePlan, kept: str) -> Iterator[str]:
    facts = plan.facts
    for slug in facts.same_provider:
        yield (
            gettext(
                "%s knows both, under two names: one person twice, or two people who look alike."
            )
            % slug
        )
    if facts.taken_off:
        yield (
            gettext(
                "Of what moves, something was taken off %s once. Ask her before you put it back."
            )
            % kept
        )


def _ends(plan: MergePlan, gone: str) -> Iterator[str]:
    yield lines.sessions(plan.sessions, gone)
    if plan.facts.closes:
        yield lines.sessions(plan.kept_sessions, plan.facts.moved.to.username)
    if plan.tokens:
        words = gettext("API tokens of %(gone)s end for good: %(names)s.")
        yield words % {"gone": gone, "names": ", ".join(plan.tokens)}
    if plan.asked_again:
        words = ngettext(
            "One person who was to join %(gone)s has to be decided upon once more.",
            "%(number)d people who were to join %(gone)s have to be decided upon once more.",
            plan.asked_again,
        )
        yield words % {"number": plan.asked_again, "gone": gone}
    if plan.facts.services:
        words = gettext("Programs for which she answers as %(kept)s from now on: %(names)s.")
        kept = plan.facts.moved.to.username
        yield words % {"kept": kept, "names": ", ".join(plan.facts.services)}


def _apps(plan: MergePlan, kept: str, gone: str) -> Iterator[str]:
    yield gettext(
        "The user name %(gone)s goes. Apps see %(kept)s from now on, also where she kept things as"
        " %(gone)s: move those there."
    ) % {"gone": gone, "kept": kept}
    for app in plan.apps:
        words = (
            gettext("%(app)s is told at once that %(gone)s is no more.")
            if app.told
            else gettext("%(app)s is not told; it finds out at the next request.")
        )
        yield words % {"app": app.name, "gone": gone}
    if not plan.apps:
        yield gettext("No app was entered as %s.") % gone


def _behind(plan: MergePlan, gone: str) -> Iterator[str]:
    facts = plan.facts
    if facts.attributes_behind:
        names = ", ".join(str(LABELS[Attribute(name)]) for name in facts.attributes_behind)
        yield gettext("What was set by hand: %s.") % names
    yield gettext("The history and the past sessions of %s.") % gone


def _since(plan: UndoPlan, kept: str) -> Iterator[str]:
    facts = plan.facts
    if facts.identities_missing:
        words = ngettext(
            "One identity that moved is not at %(kept)s any more and does not go back.",
            "%(number)d identities that moved are not at %(kept)s any more and do not go back.",
            facts.identities_missing,
        )
        yield words % {"number": facts.identities_missing, "kept": kept}
    if facts.roles_missing:
        words = ngettext(
            "One role by hand that moved was taken back since.",
            "%(number)d roles by hand that moved were taken back since.",
            facts.roles_missing,
        )
        yield words % {"number": facts.roles_missing}
    for provider, username in facts.identities_since:
        words = gettext("%(provider)s: %(username)s came since, and stays with %(kept)s.")
        yield words % {"provider": provider, "username": username, "kept": kept}
    for role in facts.roles_since:
        words = gettext("%(role)s was given by hand since, and stays with %(kept)s.")
        yield words % {"role": role, "kept": kept}
