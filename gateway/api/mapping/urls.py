"""The addresses of the rules' API."""

from django.urls import path

from gateway.api.mapping import drafts, explain, previews, rollout, steps, versions

RULES = "api/v1/rules"
_DRAFT = f"{RULES}/drafts/<uuid:draft>"

urlpatterns = [
    path(RULES, versions.RulesView.as_view(), name="api-rules"),
    path(f"{RULES}/roll-back", versions.RollBackView.as_view(), name="api-rules-roll-back"),
    path(f"{RULES}/versions", versions.VersionsView.as_view(), name="api-rules-versions"),
    path(
        f"{RULES}/versions/<int:version>",
        versions.VersionView.as_view(),
        name="api-rules-version",
    ),
    path(
        f"{RULES}/versions/<int:version>/differences",
        versions.DifferencesView.as_view(),
        name="api-rules-differences",
    ),
    path(f"{RULES}/drafts", drafts.DraftsView.as_view(), name="api-rules-drafts"),
    path(_DRAFT, drafts.DraftView.as_view(), name="api-rules-draft"),
    path(f"{_DRAFT}/submit", steps.SubmitView.as_view(), name="api-rules-draft-submit"),
    path(f"{_DRAFT}/approve", steps.ApproveView.as_view(), name="api-rules-draft-approve"),
    path(f"{_DRAFT}/take-back", steps.TakeBackView.as_view(), name="api-rules-draft-take-back"),
    path(f"{_DRAFT}/rebase", steps.RebaseView.as_view(), name="api-rules-draft-rebase"),
    path(f"{_DRAFT}/publish", steps.PublishView.as_view(), name="api-rules-draft-publish"),
    path(f"{RULES}/explain", explain.ExplainView.as_view(), name="api-rules-explain"),
    path(f"{RULES}/previews", previews.PreviewsView.as_view(), name="api-rules-previews"),
    path(
        f"{RULES}/previews/<uuid:preview>",
        previews.PreviewView.as_view(),
        name="api-rules-preview",
    ),
    path(f"{RULES}/rollout", rollout.RolloutView.as_view(), name="api-rules-rollout"),
    path(f"{RULES}/rollout/pause", rollout.PauseView.as_view(), name="api-rules-pause"),
    path(f"{RULES}/rollout/resume", rollout.ResumeView.as_view(), name="api-rules-resume"),
]
