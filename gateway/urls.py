"""The front door: every path of the gateway on one page."""

from django.urls import path

from gateway.api import me, providers, schema
from gateway.api.mapping.urls import urlpatterns as api_of_rules
from gateway.console import attack, domains, prove, sessions
from gateway.console.connecting import drafters, links, listing, set_up, switching
from gateway.console.connecting import views as connecting
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
from gateway.console.site import console
from gateway.console.trying import draft, trial
from gateway.health import metrics
from gateway.health import views as health
from gateway.login import choose, entry, jwks, local, oidc, saml, sign_out, upstream_logout
from gateway.portal import branding
from gateway.portal import views as portal
from gateway.web import boundary

urlpatterns = [
    # the employee
    path("", portal.my_page, name="my-page"),
    path("sessions/end", portal.end_sessions, name="end-sessions"),
    path("sign-in", choose.sign_in, name="sign-in"),
    path("sign-in/<slug:slug>", choose.start, name="start"),
    path("sign-out", sign_out.sign_out, name="sign-out"),
    path("sign-out/provider", sign_out.sign_out_upstream, name="sign-out-provider"),
    path("signed-out", sign_out.signed_out, name="signed-out"),
    path("link/<str:secret>", local.link, name="admin-link"),
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
    path("set-up/<str:secret>", set_up.set_up, name="set-up"),
    # the operator
    path("console/apps/<slug:slug>/prove/", console.admin_view(prove.page), name="prove-app"),
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
    path("console/sessions/", console.admin_view(sessions.page), name="sessions"),
    path("console/sessions/end/", console.admin_view(sessions.end), name="sessions-end"),
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
