"""What becomes of people whom no account knows, in a sentence each, as a provider's row says."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers.models import Provider

_JOINS: dict[str, str | Promise] = {
    Provider.LinkPolicy.NEVER: _("Nobody is joined to an account that another provider made."),
    Provider.LinkPolicy.PROOF: _(
        "Whom no account knows is asked whether one is hers. If she signs in to it once more "
        "within minutes, at its provider, and says yes, both lead to it."
    ),
}
_NEWCOMERS: dict[str, Promise] = {
    Provider.Newcomers.CREATED: _(
        "Everybody else whom the provider lets in gets an account at the first sign-in."
    ),
    Provider.Newcomers.APPROVAL: _(
        "Everybody else waits until an administrator lets her in, in the console under Waiting."
    ),
    Provider.Newcomers.TOLD: _(
        "Nobody else comes in but people of whom SCIM or a directory has told: by their identity, "
        "or by a verified address that the provider’s own SCIM connection told of."
    ),
    Provider.Newcomers.REFUSED: _("Nobody else comes in: no account is made by signing in."),
}
LINK_POLICY = _(
    "Never: an account is known by issuer and subject alone. By verified e-mail: whoever has the "
    "same verified address as an account comes into it, where both providers’ word counts for the "
    "domain; never into an account with power here. By proof: she is asked whether an account is "
    "hers, and has to sign in to it once more. An address alone never opens an account with power."
)
NEWCOMERS = _(
    "Made at once: everybody whom the provider lets in gets an account. Waits: you see both sides "
    "under Waiting and decide. Only people told of: SCIM or a directory has to name her first. "
    "Nobody: only people whom an account knows already, or who join one, come in."
)


def sentences(row: Provider) -> tuple[str, str]:
    """Who joins what, and what becomes of everybody else."""
    joins = _JOINS.get(row.link_policy) or gettext(
        "A verified address of %(domains)s joins an account that has it already."
    ) % {"domains": ", ".join(map(str, row.email_domains)) or gettext("its own domains")}
    return str(joins), str(_NEWCOMERS[row.newcomers])
