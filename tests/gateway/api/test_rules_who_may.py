"""Who may what with the rules at the API: every endpoint, every kind of caller."""

import uuid
from collections.abc import Callable

import pytest
from django.urls import get_resolver

from gateway.api.endpoint import Endpoint
from gateway.flows.mapping import drafting, publishing, reviewing
from mapping.models import Draft, Rollout, RuleSetVersion
from provisioning.models import Account
from tests.gateway.api.programs import OF_RULES, RULES, Browser, Program, token_of
from tests.gateway.flows.mapping import drafters
from tests.gateway.flows.mapping.drafters import NOW, content, rule
from tests.gateway.pages.signed_in import account, staff

pytestmark = pytest.mark.usefixtures("db", "redis_url")

ID = uuid.UUID("5f0c41a5-9d0e-4d3b-8a53-3a3f6c1f8a11")
DRAFT = f"{RULES}/drafts/{ID}"
SAID = content(rule("web"), rule("ops"))
ASKED: dict[str, tuple[str, str, object]] = {
    "read": ("GET", RULES, None),
    "versions": ("GET", f"{RULES}/versions", None),
    "version": ("GET", f"{RULES}/versions/1", None),
    "differences": ("GET", f"{RULES}/versions/1/differences", None),
    "drafts": ("GET", f"{RULES}/drafts", None),
    "draft": ("GET", DRAFT, None),
    "rollout": ("GET", f"{RULES}/rollout", None),
    "explain": ("GET", f"{RULES}/explain?account={ID}&role=deployer", None),
    "preview": ("POST", f"{RULES}/previews", {"draft": str(ID)}),
    "previewed": ("GET", f"{RULES}/previews/{ID}", None),
    "begin": ("POST", f"{RULES}/drafts", {"name": "New"}),
    "save": ("PUT", DRAFT, {"content": content(rule("web"), rule("ops"), rule("qa"))}),
    "drop": ("DELETE", DRAFT, None),
    "submit": ("POST", f"{DRAFT}/submit", None),
    "take back": ("POST", f"{DRAFT}/take-back", None),
    "rebase": ("POST", f"{DRAFT}/rebase", {}),
    "approve": ("POST", f"{DRAFT}/approve", None),
    "publish draft": ("POST", f"{DRAFT}/publish", {}),
    "publish": ("PUT", RULES, {"content": SAID}),
    "roll back": ("POST", f"{RULES}/roll-back", {"version": 1}),
    "pause": ("POST", f"{RULES}/rollout/pause", None),
    "resume": ("POST", f"{RULES}/rollout/resume", None),
}
READS = {"read", "versions", "version", "differences", "drafts", "draft", "rollout"}
PREVIEWS = {"preview", "previewed"}
DRAFTS = PREVIEWS | {"begin", "save", "drop", "submit", "take back", "rebase"}
PUBLISHES = PREVIEWS | {"publish draft", "roll back", "pause", "resume"}
ALL = set(ASKED)
EVERYTHING = "view_account view_rulesetversion draft_rules approve_rules publish_rules"


def anonymous() -> Program:
    return Program()


def employee() -> Program:
    return Browser(account("ada"))


def staff_without_permissions() -> Program:
    return Browser(staff(permissions="view_provider"))


def viewer() -> Program:
    return Browser(staff(permissions="view_rulesetversion"))


def drafter() -> Program:
    return Browser(staff(permissions="draft_rules"))


def approver() -> Program:
    return Browser(staff(permissions="approve_rules"))


def publisher() -> Program:
    return Browser(staff(permissions="publish_rules"))


def admin() -> Program:
    return Browser(staff(permissions=EVERYTHING))


def permissions_without_staff() -> Program:
    person = staff(permissions=EVERYTHING)
    person.is_staff = False
    person.save()
    return Browser(person)


def admin_without_csrf() -> Program:
    return Browser(staff(permissions=EVERYTHING), forged=True)


def token_for_providers() -> Program:
    return Program(token_of(staff()))


def token_for_people() -> Program:
    return Program(token_of(staff(), ("people:read",)))


def reading_token() -> Program:
    return Program(token_of(staff(), ("rules:read",)))


def drafting_token() -> Program:
    return Program(token_of(staff(), ("rules:draft",)))


def publishing_token() -> Program:
    return Program(token_of(staff(), ("rules:publish",)))


def token_of_every_scope() -> Program:
    return Program(token_of(staff(), OF_RULES))


def token_of_a_viewer() -> Program:
    return Program(token_of(staff(permissions="view_rulesetversion"), OF_RULES))


TABLE: list[tuple[Callable[[], Program], set[str], str]] = [
    # who, what is answered, and the code of all the rest
    (anonymous, set(), "session.missing"),
    (employee, set(), "access.not-permitted"),
    (staff_without_permissions, set(), "access.not-permitted"),
    (permissions_without_staff, set(), "access.not-permitted"),
    (viewer, READS | PREVIEWS, "access.not-permitted"),
    (drafter, READS | DRAFTS, "access.not-permitted"),
    (approver, READS | PREVIEWS | {"approve", "take back"}, "access.not-permitted"),
    (publisher, READS | PUBLISHES, "access.not-permitted"),
    (admin, ALL, ""),
    (admin_without_csrf, READS | {"explain", "previewed"}, "request.forged"),
    (token_for_providers, set(), "token.scope-missing"),
    (token_for_people, {"explain"}, "token.scope-missing"),
    (reading_token, READS, "token.scope-missing"),
    (drafting_token, READS | DRAFTS, "token.scope-missing"),
    (publishing_token, READS | PUBLISHES | {"publish"}, "token.scope-missing"),
    (token_of_every_scope, ALL - {"approve"}, ""),
    (token_of_a_viewer, READS | PREVIEWS, "access.not-permitted"),
]
TOKENS = {row[0] for row in TABLE if "token" in row[0].__name__}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize(("who", "answered", "code"), TABLE, ids=[row[0].__name__ for row in TABLE])
def test_who_may_what(who: Callable[[], Program], answered: set[str], code: str, name: str) -> None:
    ready_for(name)
    before = state()
    method, path, body = ASKED[name]
    answer = who().send(method, path, body, If_Match="*")
    if name in answered:
        assert answer.status_code in ({404} if name == "previewed" else {200, 201, 204}), (
            answer.content
        )
        return
    wanted = "token.no-person" if name == "approve" and who in TOKENS else code
    assert answer.json()["code"] == wanted
    assert answer.status_code == (401 if wanted == "session.missing" else 403)
    assert state() == before


def ready_for(name: str) -> None:
    """A version that was replaced, and a draft at the step before."""
    drafters.roles_of_the_company()
    operator = {"actor": "operator", "now": NOW}
    publishing.publish_rules(content(rule("old")), based_on=0, **operator)
    publishing.publish_rules(content(rule("web")), based_on=1, **operator)
    if name == "resume":
        Rollout.objects.filter(open=True).update(state=Rollout.State.PAUSED)
    kim = drafters.permitted("kim", "draft_rules")
    Account.objects.create(pk=ID, username="lea")
    begun = drafting.begin("Ops", SAID, actor=kim, now=NOW)
    begun.editions.all().delete()
    Draft.objects.filter(pk=begun.pk).update(id=ID)
    if name in {"approve", "take back"}:
        reviewing.submit(ID, 1, actor=kim, now=NOW)


def state() -> tuple[object, ...]:
    rows = (Draft, RuleSetVersion, Rollout)
    return tuple(list(model.objects.order_by("pk").values()) for model in rows)


def test_the_table_has_every_endpoint_and_every_method() -> None:
    found = set()
    for pattern in get_resolver().url_patterns:
        view = getattr(getattr(pattern, "callback", None), "cls", None)
        path = "/" + str(pattern.pattern)
        if view is not None and issubclass(view, Endpoint) and path.startswith(RULES):
            path = path.replace("<uuid:draft>", str(ID)).replace("<int:version>", "1")
            path = path.replace("<uuid:preview>", str(ID))
            found |= {(method, path) for method in view.needs}
            offered = {m.upper() for m in view.http_method_names if hasattr(view, m)}
            assert offered == set(view.needs), view
    assert found == {(method, path.partition("?")[0]) for method, path, _body in ASKED.values()}


def test_no_token_tells_of_people_what_its_person_may_not_see() -> None:
    ready_for("explain")
    program = Program(token_of(staff(permissions="publish_rules"), ("people:read",)))
    answer = program.send(*ASKED["explain"])
    assert (answer.status_code, answer.json()["code"]) == (403, "access.not-permitted")
