"""The front door: every path of the gateway on one page."""

from django.urls import path

from gateway.api import me, providers, schema
from gateway.api.mapping.urls import urlpatterns as api_of_rules
from gateway.console import (
    attack,
    domains,
    merging,
    prove,
    service_tokens,
    sessions,
    waiting,
)
from gateway.console import break_glass as console_break_glass
from gateway.console.connecting import drafters, links, listing, set_up, switching
from gateway.console.connecting import signals as console_signals
from gateway.console.connecting import views as connecting
from gateway.console.directories.urls import urlpatterns as directories
from gateway.console.mapping import (
    drafts,
    drift,
    editions,
    editor,
    explaining,
    general,
    here,
    history,
    matrix,
    preview,
    rollout,
    tryout,
)
from gateway.console.mapping import listing as mapping
from gateway.console.people.urls import urlpatterns as people
from gateway.console.reviews.urls import urlpatterns as reviews
from gateway.console.site import console
from gateway.console.trying import draft, trial
from gateway.health import metrics
from gateway.health import views as health
from gateway.login import (
    break_glass,
    choose,
    entry,
    invited,
    joining,
    jwks,
    local,
    oidc,
    saml,
    sign_out,
    signals,
    upstream_logout,
)
from gateway.portal import branding, identities
from gateway.portal import views as portal
from gateway.scim.urls import urlpatterns as scim
from gateway.web import boundary

urlpatterns = [
    # the employee
    path("", portal.my_page, name="my-page"),
    path("sessions/end", portal.end_sessions, name="end-sessions"),
    path("sessions/not-me", portal.not_me, name="not-me"),
    path("sign-in", choose.sign_in, name="sign-in"),
    path("sign-in/<slug:slug>", choose.start, name="start"),
    path("identities/<int:identity>/unlink", identities.unlink, name="unlink"),
    path("invited/<uuid:invitation>", invited.invited, name="invited"),
    path("join", joining.join, name="join"),
    path("join/prove", joining.prove, name="join-prove"),
    path("join/confirm", joining.confirm, name="join-confirm"),
    path("join/new", joining.new, name="join-new"),
    path("join/cancel", joining.cancel, name="join-cancel"),
    path("sign-out", sign_out.sign_out, name="sign-out"),
    path("sign-out/provider", sign_out.sign_out_upstream, name="sign-out-provider"),
    path("signed-out", sign_out.signed_out, name="signed-out"),
    path("link/<str:secret>", local.link, name="admin-link"),
    path("local/", break_glass.password, name="local"),
    path("local/second", break_glass.second_factor, name="local-second"),
    path("local/set-up/<str:secret>", break_glass.set_up, name="local-set-up"),
    path("branding.css", branding.stylesheet, name="branding"),
    # providers
    path("oidc/<slug:slug>/callback", oidc.CallbackView.as_view(), name="oidc-callback"),
    path("oidc/<slug:slug>/jwks.json", jwks.client_jwks, name="oidc-jwks"),
    path("oidc/<slug:slug>/signed-out", sign_out.upstream_signed_out, name="oidc-signed-out"),
    path(
        "oidc/<slug:slug>/backchannel-logout",
        upstream_logout.back_channel,
        name="oidc-back-channel",
    ),
    path(
        "oidc/<slug:slug>/frontchannel-logout",
        upstream_logout.front_channel,
        name="oidc-front-channel",
    ),
    path("saml/<slug:slug>/acs", saml.acs, name="saml-acs"),
    path("saml/<slug:slug>/continue", saml.take_up, name="saml-continue"),
    path("saml/<slug:slug>/slo", upstream_logout.saml_slo, name="saml-slo"),
    path("saml/<slug:slug>/metadata", saml.metadata, name="saml-metadata"),
    path(
        "signals/<slug:slug>/global-token-revocation",
        signals.global_revocation,
        name="global-token-revocation",
    ),
    path("signals/streams/<uuid:stream>", signals.push, name="signals-push"),
    # apps and the edge
    path("entry", entry.entry, name="entry"),
    path("internal/sign-out", sign_out.internal_sign_out, name="internal-sign-out"),
    path(".well-known/jwks.json", jwks.jwks, name="jwks"),
    # programs
    path("api/v1/me", me.MeView.as_view(), name="api-me"),
    path("api/v1/providers", providers.ProvidersView.as_view(), name="api-providers"),
    path("api/v1/providers/<slug:slug>", providers.ProviderView.as_view(), name="api-provider"),
    *api_of_rules,
    path("api/v1/schema", schema.SchemaView.as_view(), name="api-schema"),
    *scim,
    # the rules
    path("console/mapping/", mapping.rules, name="mapping"),
    path("console/mapping/drafts/", drafts.begin, name="mapping-begin"),
    path("console/mapping/drafts/<uuid:pk>/", drafts.draft, name="mapping-draft"),
    path(
        "console/mapping/drafts/<uuid:pk>/edition/<int:number>/",
        editions.edition,
        name="mapping-edition",
    ),
    path("console/mapping/drafts/<uuid:pk>/here/", here.here, name="mapping-here"),
    path("console/mapping/drafts/<uuid:pk>/preview/", preview.preview, name="mapping-preview"),
    path("console/mapping/drafts/<uuid:pk>/rule/", editor.rule, name="mapping-rule-new"),
    path("console/mapping/drafts/<uuid:pk>/rule/<str:name>/", editor.rule, name="mapping-rule"),
    path("console/mapping/drafts/<uuid:pk>/count/", editor.count, name="mapping-count"),
    path("console/mapping/drafts/<uuid:pk>/seen/", editor.seen, name="mapping-seen"),
    path("console/mapping/drafts/<uuid:pk>/general/", general.general, name="mapping-general"),
    path("console/mapping/try/", tryout.tryout, name="mapping-try"),
    path("console/mapping/drift/", drift.drift, name="mapping-drift"),
    path("console/mapping/history/", history.history, name="mapping-history"),
    path("console/mapping/rollout/", rollout.rollout, name="mapping-rollout"),
    path("console/mapping/compare/", history.compare, name="mapping-compare"),
    path(
        "console/mapping/history/<int:version>/back/", history.roll_back, name="mapping-roll-back"
    ),
    path("console/mapping/explain/", explaining.why, name="mapping-explain"),
    path("console/mapping/matrix/", matrix.matrix, name="mapping-matrix"),
    path("console/mapping/picture/", matrix.flow, name="mapping-picture"),
    # connecting a provider
    path("console/providers/", listing.providers, name="console-providers"),
    path("console/providers/connect", connecting.vendors, name="console-connect"),
    path("console/providers/connect/<slug:guide>", connecting.begin, name="console-begin"),
    path("console/providers/<slug:slug>/", connecting.provider, name="console-provider"),
    path(
        "console/providers/<slug:slug>/connection/",
        connecting.connection,
        name="console-provider-connection",
    ),
    path("console/providers/<slug:slug>/enable/", switching.enable, name="console-provider-enable"),
    path(
        "console/providers/<slug:slug>/disable/", switching.disable, name="console-provider-disable"
    ),
    path("console/providers/<slug:slug>/delete/", switching.delete, name="console-provider-delete"),
    path("console/providers/<slug:slug>/links/", links.links, name="console-provider-links"),
    path(
        "console/providers/<slug:slug>/links/<int:link>/revoke/",
        links.revoke,
        name="console-provider-link-revoke",
    ),
    path(
        "console/providers/<slug:slug>/drafters/",
        drafters.drafters,
        name="console-provider-drafters",
    ),
    path(
        "console/providers/<slug:slug>/drafters/<uuid:account>/end/",
        drafters.end,
        name="console-provider-drafter-end",
    ),
    path(
        "console/providers/<slug:slug>/signals/",
        console_signals.signals,
        name="console-provider-signals",
    ),
    path(
        "console/providers/<slug:slug>/signals/connect/",
        console_signals.connect,
        name="console-provider-stream-connect",
    ),
    path(
        "console/providers/<slug:slug>/signals/<uuid:pk>/",
        console_signals.stream,
        name="console-provider-stream",
    ),
    path(
        "console/providers/<slug:slug>/signals/<uuid:pk>/doings/",
        console_signals.doings,
        name="console-provider-stream-doings",
    ),
    path(
        "console/providers/<slug:slug>/signals/<uuid:pk>/verify/",
        console_signals.verify,
        name="console-provider-stream-verify",
    ),
    path(
        "console/providers/<slug:slug>/signals/<uuid:pk>/end/",
        console_signals.disconnect,
        name="console-provider-stream-end",
    ),
    path("set-up/<str:secret>", set_up.set_up, name="set-up"),
    # the operator
    path("console/apps/<slug:slug>/prove/", console.admin_view(prove.page), name="prove-app"),
    path("console/people/<uuid:pk>/merge/", console.admin_view(merging.merge), name="merge"),
    path("console/identities/<int:key>/split/", console.admin_view(merging.split), name="split"),
    path("console/merges/<uuid:pk>/undo/", console.admin_view(merging.undo), name="merge-undo"),
    path(
        "console/service-accounts/<int:pk>/token/",
        console.admin_view(service_tokens.page),
        name="service-account-token",
    ),
    path("admin/attack/", console.admin_view(attack.page), name="attack"),
    path("admin/", console.urls),
    path(
        "console/providers/<slug:slug>/test/",
        console.admin_view(trial.test),
        name="console-provider-test",
    ),
    path(
        "console/providers/<slug:slug>/test/<str:name>",
        console.admin_view(trial.result),
        name="console-provider-test-result",
    ),
    path(
        "console/providers/<slug:slug>/shadow/",
        console.admin_view(draft.shadow),
        name="console-provider-shadow",
    ),
    path(
        "console/break-glass/",
        console.admin_view(console_break_glass.page),
        name="console-break-glass",
    ),
    path(
        "console/break-glass/<uuid:account>/close/",
        console.admin_view(console_break_glass.close),
        name="console-break-glass-close",
    ),
    path(
        "console/break-glass/seen/<int:use>/",
        console.admin_view(console_break_glass.seen),
        name="console-break-glass-seen",
    ),
    *people,
    path("console/sessions/", console.admin_view(sessions.page), name="sessions"),
    path("console/sessions/end/", console.admin_view(sessions.end), name="sessions-end"),
    *reviews,
    path("console/waiting/", console.admin_view(waiting.page), name="waiting"),
    path("console/waiting/<uuid:pk>/", console.admin_view(waiting.decide), name="waiting-decide"),
    *directories,
    path("console/domains/", console.admin_view(domains.page), name="domains"),
    path(
        "console/domains/<uuid:pk>/<slug:verb>/",
        console.admin_view(domains.decide),
        name="domain-decide",
    ),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics.metrics, name="metrics"),
]

handler400 = boundary.bad_request
handler403 = boundary.forbidden
handler404 = boundary.not_found
handler500 = boundary.server_error
