"""Why somebody has a role, or why not: one person, one role, each reason with its rule's words."""

from collections.abc import Iterable
from typing import Any, Final

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from gateway.console.mapping.desk import desk, page, word
from gateway.console.mapping.rule_list import Names
from gateway.console.mapping.who import called_like, names_of, provider_names
from gateway.flows.mapping import permits
from gateway.flows.mapping.explain import Explanation, explain
from mapping.rules import Rule
from mapping.sentences import sentence
from mapping.sentences.parts import Sentence
from provisioning.models import Account

MAX_FOUND: Final = 20


@require_safe
@desk(permits.may_see_claims)
def why(request: HttpRequest) -> HttpResponse:
    """`account` and `role`; or `q`, words to find the person by."""
    role, words = word(request, "role"), word(request, "q")
    person = _person(word(request, "account"))
    found = [] if person else people(words)
    if len(found) == 1:
        person = found[0]
    told = explain(str(person.pk), role, now=timezone.now()) if person and role else None
    shown: dict[str, Any] = _shown(told) if told else {}
    return page(
        request,
        "explain",
        title=_title(told),
        person=person,
        role=role,
        q=person.username if person else words,
        found=found if person is None else (),
        nobody=bool(words) and not found and person is None,
        full=len(found) == MAX_FOUND,
        roles=Group.objects.order_by("name").values_list("name", flat=True),
        **shown,
    )


def people(words: str) -> list[Account]:
    """Whose name, username or address has these words in it; who is called so exactly is the one
    that is meant.
    """
    if not words:
        return []
    exact = Account.objects.filter(username=words)
    matching = Account.objects.filter(called_like(words))
    return list(exact) or list(matching.order_by("name", "username")[:MAX_FOUND])


def _person(account: str) -> Account | None:
    if not account:
        return None
    try:
        return Account.objects.get(pk=account)
    except (Account.DoesNotExist, ValidationError) as error:
        raise Http404("nobody has this id") from error


def _title(told: Explanation | None) -> str:
    if told is None:
        return gettext("Who has a role, and why")
    name = {"name": told.face.name, "role": told.role}
    if told.has:
        return gettext("Why %(name)s has %(role)s") % name
    return gettext("Why %(name)s does not have %(role)s") % name


def _shown(told: Explanation) -> dict[str, object]:
    names = provider_names()
    hands = names_of(reason.given_by for reason in told.reasons if reason.origin == "hand")
    return {
        "told": told,
        "reasons": [
            {
                "reason": reason,
                "sentence": _sentence(reason.rule, names),
                "provider": names.get(reason.provider, reason.provider),
                "hand": hands.get(reason.given_by, ""),
            }
            for reason in told.reasons
        ],
        "masks": [
            {
                "mask": mask,
                "sentence": _sentence(mask.rule, names),
                "provider": names.get(mask.provider, mask.provider),
            }
            for mask in told.masks
        ],
        "coming": _sentences(told.coming, names),
        "missed": [
            {
                "miss": miss,
                "sentence": _sentence(miss.rule, names),
                "provider": names.get(miss.provider, miss.provider),
            }
            for miss in told.missed
        ],
        "elsewhere": _sentences(told.elsewhere[:MAX_FOUND], names),
        "more_elsewhere": max(0, len(told.elsewhere) - MAX_FOUND),
        "in_vain": _sentences(told.in_vain[:MAX_FOUND], names),
        "ended": _sentences(told.ended[:MAX_FOUND], names),
        "more_ended": max(0, len(told.ended) - MAX_FOUND),
        **{
            kind: [names.get(slug, slug) for slug in slugs]
            for kind, slugs in {
                "coming_by_default": told.coming_by_default,
                "default_elsewhere": told.default_elsewhere,
                "not_kept": told.not_kept,
                "switched_off": told.switched_off,
            }.items()
        },
    }


def _sentence(rule: Rule | None, names: Names) -> Sentence:
    return () if rule is None else sentence(rule.plain(), names)


def _sentences(rules: Iterable[Rule], names: Names) -> list[tuple[Rule, Sentence]]:
    return [(rule, _sentence(rule, names)) for rule in rules]
