"""Why a flow says no, beside the reasons of the floors below.

FlowError
    ReturnRefused   the address to come back to is not one of ours
    EntryRefused    no enabled app has this origin
    DomainUnknown   no provider on offer holds the domain of this address
    OtherProviderWanted  the app names other providers than hers
    DemandUnknown   no path of the app demands what its host says
    StepUpUnmet     her sign-in is not what the app demands, also after she was asked
    JoiningGone     no such joining is under way in this browser: too old, done, or never begun
    JoiningMissed   no account is known by the sign-in that should have proven one
    InvitationGone  it was taken, withdrawn or is too old
    JoinRequestGone  whoever waited is in, or the account to join is not one that may be joined
    ReviewClosed    an access review that is over, or is none
    LocalRefused    a password or a second factor that is wrong
    LinkUnknown     a one-use link that is not known, too old or used
    TooManyTries    a rate limit; says when to come back
    NotPermitted    a known person may not do this
    HeldMetadataGone  what an admin decided about is not held any more
    TokenUnknown    no API token of ours
    TokenEnded      an API token that has expired or was revoked
    TokenAuthorGone  an API token of somebody who may not use the console any more
    ProviderExists  a provider of this slug is there already
    ChangeStale     what is to be changed has changed meanwhile
    TrialGone       what a test sign-in found is not kept any more, or is somebody else's
    DraftGone       the draft of a provider's settings is not there any more, or is another one
    DraftStale      the live settings were changed after the draft was begun
    RulesDraftGone  there is no such draft of rules, or it has ended
    RulesDraftStale  somebody else changed the draft of rules meanwhile; says both changes
    RulesDraftMoved  the draft of rules is another edition, or at another step, than was looked at
    RulesConflict   a draft and the version in force changed the same rules
    ApprovalMissing  no second person has approved this edition of a draft of rules
    ApprovalOfOwn   nobody approves her own change of rules
    NothingChanged  the rules in force say all that already
    PreviewTooLong  what a change of the rules does was not found out in time
    ClaimsUnreadable  what was pasted to try rules on is no claims; never says what it was
    ProviderInUse   what a set-up link would change is switched on
    LastWayIn       nobody could open the console any more
    EndingStopped   Redis did not answer while many sessions were ended; says how many had
"""

from datetime import timedelta
from typing import ClassVar

from mapping.merging import Conflict
from mapping.ruleset import RuleSet


class FlowError(Exception):
    code: ClassVar[str] = "flow.error"


class ReturnRefused(FlowError):
    code = "return.refused"


class EntryRefused(FlowError):
    code = "entry.refused"


class DomainUnknown(FlowError):
    code = "domain.unknown"


class OtherProviderWanted(FlowError):
    code = "entry.other-provider"


class DemandUnknown(FlowError):
    code = "entry.demand-unknown"


class StepUpUnmet(FlowError):
    """`stronger` where the way of signing in was too weak, else it was only too long ago. `local`
    if no provider vouches for her.
    """

    code = "entry.step-up-unmet"

    def __init__(self, *, app_name: str, contact: str, stronger: bool, local: bool) -> None:
        super().__init__("too weak" if stronger else "too long ago, or nobody said when")
        self.app_name = app_name
        self.contact = contact
        self.stronger = stronger
        self.local = local


class JoiningGone(FlowError):
    code = "joining.gone"


class JoiningMissed(FlowError):
    code = "joining.missed"


class InvitationGone(FlowError):
    code = "invitation.gone"


class JoinRequestGone(FlowError):
    code = "join-request.gone"


class ReviewClosed(FlowError):
    code = "review.closed"


class LocalRefused(FlowError):
    code = "local.refused"


class LinkUnknown(FlowError):
    code = "link.unknown"


class TooManyTries(FlowError):
    code = "limit.too-many-tries"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"again in {retry_after.total_seconds():.0f} s")
        self.retry_after = retry_after


class NotPermitted(FlowError):
    code = "access.not-permitted"


class HeldMetadataGone(FlowError):
    code = "metadata.held-gone"


class TokenUnknown(FlowError):
    code = "token.unknown"


class TokenEnded(FlowError):
    code = "token.ended"


class TokenAuthorGone(FlowError):
    code = "token.author-gone"


class ProviderExists(FlowError):
    code = "configuration.exists"


class ChangeStale(FlowError):
    code = "change.stale"


class TrialGone(FlowError):
    code = "trial.gone"


class DraftGone(FlowError):
    code = "draft.gone"


class DraftStale(FlowError):
    code = "draft.stale"


class RulesDraftGone(FlowError):
    code = "rules-draft.gone"


class RulesDraftStale(FlowError):
    """Nothing was saved. `base` is what the change began with, `mine` what should have been saved,
    `theirs` what the draft is by now: `mapping.merging` puts them together.
    """

    code = "rules-draft.stale"

    def __init__(
        self, draft: str, *, base: RuleSet, mine: RuleSet, theirs: RuleSet, edition: int
    ) -> None:
        super().__init__(f"draft {draft} is at edition {edition} by now")
        self.base = base
        self.mine = mine
        self.theirs = theirs
        self.edition = edition


class RulesDraftMoved(FlowError):
    code = "rules-draft.moved"


class RulesConflict(FlowError):
    code = "rules-draft.conflict"

    def __init__(self, conflicts: tuple[Conflict, ...]) -> None:
        super().__init__(", ".join(conflict.name for conflict in conflicts))
        self.conflicts = conflicts


class ApprovalMissing(FlowError):
    code = "rules-draft.not-approved"


class ApprovalOfOwn(FlowError):
    code = "rules-draft.own"


class NothingChanged(FlowError):
    code = "rules.nothing-changed"


class RoleLossTooLarge(FlowError):
    """More people than the operator allows would lose a role, and nobody agreed to that number."""

    code = "rules.role-loss"

    def __init__(self, losing: int, accounts: int) -> None:
        super().__init__(f"{losing} of {accounts} people would lose a role")
        self.losing = losing
        self.accounts = accounts


class ConsoleLost(FlowError):
    """Whoever publishes would be shut out of the console, or everybody."""

    code = "rules.console-lost"

    def __init__(self, *, everybody: bool) -> None:
        super().__init__("nobody" if everybody else "not whoever publishes")
        self.everybody = everybody


class RolloutOver(FlowError):
    """There is nothing to pause, or nothing to go on with."""

    code = "rules-rollout.over"


class DriftOver(FlowError):
    """Nothing waits for a decision at this provider any more."""

    code = "claims-drift.over"


class ProviderInUse(FlowError):
    code = "set-up.in-use"


class LastWayIn(FlowError):
    code = "console.last-way-in"


class PreviewTooLong(FlowError):
    code = "rules-preview.too-long"


class PreviewUnderWay(FlowError):
    code = "rules-preview.under-way"


class PreviewGone(FlowError):
    code = "rules-preview.gone"


class ClaimsUnreadable(FlowError):
    code = "rules-try.claims-unreadable"


class EndingStopped(FlowError):
    """What had ended by then stays ended and is on record; asked again, the rest ends."""

    code = "session.ending-stopped"

    def __init__(self, *, sessions: int, people: int) -> None:
        super().__init__(f"{sessions} sessions of {people} people had ended")
        self.sessions = sessions
        self.people = people
