"""What the rest means: claims, the provider’s no, the network, and our own accounts."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from gateway.traces.causes.cause import Cause, Kind, Place

_ASSIGN = _("If she did not cancel, let her, or one of her groups, use this app there.")
_SECRET = _(
    "The provider did not take this gateway’s word for who it is. Make a new secret (or register "
    "our key) there and put it into this provider’s row; secrets there often end after a year."
)

PERSON: Mapping[str, Cause] = {
    "claims": Cause(
        kind=Kind.PROVIDER,
        what=_("What the provider says about the person cannot be read."),
        remedy=_("Send fewer and plainer claims to this app."),
        place=Place.CLAIMS,
    ),
    "claims.groups": Cause(
        kind=Kind.PROVIDER,
        what=_("She is in more groups than the provider puts into an answer."),
        remedy=_(
            "Send only groups that this app’s rules speak of: a filter on their names, or "
            "(Entra) groups assigned to the application, or groups_overage: true here. Where a "
            "directory is asked, its scope must be granted."
        ),
        place=Place.CLAIMS,
    ),
    "claims.access_token": Cause(
        kind=Kind.HERE,
        what=_("The access token is no JWT, so that no claim can be read from it."),
        remedy=_("Take access_token out of claims_from, or let the provider issue JWTs."),
        place=Place.CLAIMS,
    ),
    "claims.sources": Cause(
        kind=Kind.PROVIDER,
        what=_("Claims stand elsewhere, in more places than are asked."),
        remedy=_("Let the provider name fewer sources of claims for this app, five at most."),
        place=Place.CLAIMS,
    ),
    "claims.subject": Cause(
        kind=Kind.PROVIDER,
        what=_("The provider did not say by a lasting identifier who she is."),
        remedy=_("Let it send the claim that this dialect needs (Entra: oid and tid)."),
        place=Place.CLAIMS,
    ),
    "provider.unknown": Cause(
        kind=Kind.HERE,
        what=_("The provider was switched off or deleted while she was there."),
        remedy=_("Enable it again in the console, if it was not meant."),
    ),
    "provider.misconfigured": Cause(
        kind=Kind.HERE,
        what=_("The provider’s row cannot work as it stands."),
        remedy=_("Open the provider in the console and save it: what is wrong stands beside it."),
    ),
    "provider.unreachable": Cause(
        kind=Kind.NETWORK,
        what=_("The provider did not answer in time, or not as a provider does."),
        remedy=_(
            "Look at the vendor’s status page and at the way there: name, firewall, proxy, TLS "
            "certificate. A provider inside needs its network in allowed_networks, an authority of "
            "your own stands in ca_certificates."
        ),
    ),
    "provider.refused": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("The provider’s answer is no."),
        remedy=_("The provider’s own log has the reason, at the moment of this trace."),
        place=Place.LOGS,
    ),
    "provider.refused.access_denied": Cause(
        kind=Kind.CANCELLED,
        what=_("She cancelled, or may not use this app at the provider."),
        remedy=_ASSIGN,
        place=Place.PEOPLE,
    ),
    "provider.refused.RequestDenied": Cause(
        kind=Kind.CANCELLED,
        what=_("She cancelled, or may not use this app at the provider (SAML)."),
        remedy=_ASSIGN,
        place=Place.PEOPLE,
    ),
    "provider.refused.AuthnFailed": Cause(
        kind=Kind.CANCELLED,
        what=_("She could not prove at the provider who she is, or cancelled (SAML)."),
        remedy=_ASSIGN,
        place=Place.PEOPLE,
    ),
    "provider.refused.NoAuthnContext": Cause(
        kind=Kind.PROVIDER,
        what=_("The provider cannot ask for a factor as strong as this row wants (SAML)."),
        remedy=_("Let its policy for this app know that context, or ask for another here."),
        place=Place.PEOPLE,
    ),
    "provider.refused.InvalidNameIDPolicy": Cause(
        kind=Kind.PROVIDER,
        what=_("The provider has no NameID of the format that was asked for (SAML)."),
        remedy=_("Send that format there, or name another name_id_format here."),
        place=Place.CLAIMS,
    ),
    "provider.refused.login_required": Cause(
        kind=Kind.TOO_OLD,
        what=_("She has no session at the provider any more."),
        remedy=_("Nothing: she begins again."),
    ),
    "provider.refused.temporarily_unavailable": Cause(
        kind=Kind.NETWORK,
        what=_("The provider says that it is overloaded or being mended."),
        remedy=_("Look at the vendor’s status page."),
    ),
    "provider.refused.server_error": Cause(
        kind=Kind.NETWORK,
        what=_("The provider says that something broke there."),
        remedy=_("Look at the vendor’s status page, and at its log."),
        place=Place.LOGS,
    ),
    "provider.refused.invalid_client": Cause(
        kind=Kind.HERE,
        what=_("The token endpoint does not know this client, or not by this secret."),
        remedy=_SECRET,
        place=Place.CLIENT,
    ),
    "provider.refused.unauthorized_client": Cause(
        kind=Kind.PROVIDER,
        what=_("This client may not use the authorization code flow."),
        remedy=_("Allow it: Keycloak calls it Standard flow, others the grant Authorization Code."),
        place=Place.CLIENT,
    ),
    "provider.refused.invalid_grant": Cause(
        kind=Kind.TOO_OLD,
        what=_("The code was too old, used before, or for another address or verifier."),
        remedy=_(
            "Once: she took too long or pressed Back. Always: the redirect URI there is not this "
            "gateway’s, to the letter, or the provider’s servers do not share their codes."
        ),
        place=Place.CLIENT,
    ),
    "provider.refused.invalid_scope": Cause(
        kind=Kind.HERE,
        what=_("The provider does not know a scope that was asked for."),
        remedy=_("Take it out of scopes here, or add it there."),
        place=Place.CLAIMS,
    ),
    "provider.request-unknown": Cause(
        kind=Kind.TOO_OLD,
        what=_("The sign-in was used before, or began more than ten minutes ago."),
        remedy=_("Nothing: she begins again, by the button and not by Back or a bookmark."),
    ),
    "provider.shared-cache-unavailable": Cause(
        kind=Kind.NETWORK,
        what=_("This gateway’s own Redis is away."),
        remedy=_("Look at Redis: nobody is signed in while it is away."),
    ),
    "provider.error": Cause(
        kind=Kind.HERE,
        what=_("Something about this provider is wrong that has no name."),
        remedy=_("The log has it under the same code."),
    ),
    "session.upstream-ended": Cause(
        kind=Kind.TOO_OLD,
        what=_("The provider signed her out while she was on her way here."),
        remedy=_("Nothing: she begins again."),
    ),
    "provisioning": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("She is known there and gets no account here."),
        remedy=_("The log has the reason under the same code."),
    ),
    "provisioning.account-closed": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("Her account here is closed."),
        remedy=_("Open it again in the console under People, if it was not meant."),
    ),
    "provisioning.account-ended": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("Her account here had an end date, and it has come."),
        remedy=_("If she stays on, move its end date in the console under People."),
    ),
    "provisioning.invitation-over": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("She was invited; it is too late, it was withdrawn, or whoever invited her left."),
        remedy=_("Invite her anew, in the console under Invitations."),
    ),
    "provisioning.link-conflict": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("There is an account of her address, which this provider may not join."),
        remedy=_(
            "If it is hers: let her join it by proof (the provider’s link policy), or by verified "
            "e-mail where the account has no power. If it is not: nothing."
        ),
    ),
    "provisioning.proof-wanted": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("No account knows her. She was asked whether one is hers, and to sign in to it."),
        remedy=_("Nothing: she goes on by herself, or says that she is new."),
    ),
    "provisioning.approval-wanted": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("No account knows her, and an administrator decides about people of this provider."),
        remedy=_("Let her in or decline, in the console under Waiting; then she signs in again."),
    ),
    "provisioning.join-declined": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("An administrator declined to let her in, and she was told the reason."),
        remedy=_("Decide anew in the console under Waiting, if it was not meant."),
    ),
    "provisioning.other-provider-required": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("The domain of her address requires another provider than the one she came by."),
        remedy=_(
            "Nothing, if she shall sign in there: her page leads to it. Else free the domain, or "
            "let it lead to this provider (in the console under Domains)."
        ),
    ),
    "provisioning.not-admitted": Cause(
        kind=Kind.NOT_ALLOWED,
        what=_("Nobody may be made an account by this sign-in."),
        remedy=_(
            "Let SCIM or a directory tell of her, or change what becomes of newcomers in the "
            "provider’s form."
        ),
    ),
}
