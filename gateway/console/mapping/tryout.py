"""Rules tried on one person: on what her providers last said of her, or on claims made up here.

The claims come by POST alone, so that they stand in no address and no log; of a token its payload
alone comes back.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from gateway.console.mapping.desk import actor, desk, page, word
from gateway.console.mapping.explaining import people
from gateway.console.mapping.judging import (
    RoleTold,
    replayed_roles,
    replayed_words,
    tried_roles,
    tried_steps,
)
from gateway.console.mapping.who import account_of, provider_names, whom_to_ask
from gateway.flows.errors import ClaimsUnreadable
from gateway.flows.mapping import permits
from gateway.flows.mapping.trying import replay, what_if
from mapping import models as mapping_models
from mapping.errors import RuleInvalid
from mapping.models import Draft
from providers.errors import ProviderUnknown
from providers.models import Provider
from provisioning.errors import AccountUnknown
from provisioning.models import Account

MAX_CLAIMS = 100_000  # characters

_EXAMPLE = '{\n  "groups": ["/engineering"],\n  "email": "ada@corp.example"\n}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What is tried: a draft, or without one the rules in force."""

    draft: Draft | None
    content: object


@require_http_methods(["GET", "HEAD", "POST"])
@desk(permits.may_see)
def tryout(request: HttpRequest) -> HttpResponse:
    tried = _tried(word(request, "draft"))
    if tried is None:
        fault = gettext("There is no such draft. Choose another, or the rules in force.")
        return _page(request, None, fault=fault)
    if request.method == "POST":
        return _what_if(request, tried)
    term = word(request, "person")
    if not term:
        return _page(request, tried)
    return _replay(request, tried, term)


def _tried(draft: str) -> Tried | None:
    if not draft:
        return Tried(draft=None, content=mapping_models.active().plain())
    key = _id(draft)
    row = Draft.objects.filter(pk=key).first() if key else None
    return None if row is None else Tried(draft=row, content=row.content)


def _replay(request: HttpRequest, tried: Tried, term: str) -> HttpResponse:
    me = account_of(actor(request))
    if not permits.may_see_claims(me):
        fault = gettext("You may not see what providers said of people.")
        fault = f"{fault} {whom_to_ask(permits.PEOPLE, but=[str(me.pk)])}"
        return _page(request, tried, fault=fault)
    found = _people(term)
    if not found:
        fault = gettext(
            "Nobody here is called so. Write a username, an e-mail address, or part of a name."
        )
        return _page(request, tried, fault=fault, person=term)
    if len(found) > 1:
        return _page(request, tried, person=term, found=found)
    try:
        seen = replay(str(found[0].pk), tried.content, now=timezone.now())
    except RuleInvalid as error:
        return _page(request, tried, fault=str(error), person=term)
    except AccountUnknown:
        return _page(request, tried, fault=gettext("This account is gone."), person=term)
    names = provider_names()
    roles = replayed_roles(seen, names, alone=tried.draft is None)
    who = seen.face.name or seen.face.username
    return _page(
        request,
        tried,
        title=_title(who, roles, alone=tried.draft is None),
        person=seen.face.username,
        seen=seen,
        roles=roles,
        words=replayed_words(seen, names),
        not_kept=[names.get(slug, slug) for slug in seen.not_kept],
    )


def _what_if(request: HttpRequest, tried: Tried) -> HttpResponse:
    pasted, provider = request.POST.get("claims", ""), request.POST.get("provider", "")
    typed = {"claims": _echoed(pasted), "provider": provider}
    if len(pasted) > MAX_CLAIMS:
        fault = gettext("These are too many claims: write at most %d characters.") % MAX_CLAIMS
        return _page(request, tried, what_if_fault=fault, provider=provider)
    try:
        seen = what_if(pasted, tried.content, provider=provider, now=timezone.now())
    except ClaimsUnreadable as error:
        fault = gettext("This is %s. Paste a JSON object, or a whole token that is not encrypted.")
        return _page(request, tried, what_if_fault=fault % error, **typed)
    except ProviderUnknown:
        fault = gettext("Choose which provider says this of her.")
        return _page(request, tried, what_if_fault=fault, **typed)
    except RuleInvalid as error:
        return _page(request, tried, what_if_fault=str(error), **typed)
    names = provider_names()
    held, missed = tried_steps(seen, names)
    return _page(
        request,
        tried,
        title=_would_have(sorted(seen.settled.roles)),
        made_up=seen,
        roles=tried_roles(seen, names),
        held=held,
        missed=missed,
        claims=json.dumps(seen.pasted, indent=2, ensure_ascii=False),
        provider=provider,
    )


def _echoed(pasted: str) -> str:
    """Of what cannot be read, no token comes back."""
    return pasted if pasted.lstrip().startswith("{") else ""


def _page(
    request: HttpRequest, tried: Tried | None, *, title: str = "", **context: object
) -> HttpResponse:
    may_see_claims = permits.may_see_claims(account_of(actor(request)))
    chosen = tried.draft if tried else None
    drafts = list(Draft.objects.filter(state__in=Draft.ALIVE))
    if chosen is not None and chosen not in drafts:
        drafts.insert(0, chosen)
    whole: dict[str, Any] = {"claims": _EXAMPLE, "provider": "", "person": "", **context}
    return page(
        request,
        "tryout",
        title=title or gettext("Try rules on one person"),
        draft=chosen,
        drafts=drafts,
        in_force=mapping_models.active().version,
        providers=Provider.objects.order_by("name").values_list("slug", "name"),
        may_see_claims=may_see_claims,
        max_claims=MAX_CLAIMS,
        **whole,
    )


def _people(term: str) -> list[Account]:
    """Of this id, or called so."""
    key = _id(term)
    return list(Account.objects.filter(pk=key)) if key else people(term)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _title(who: str, roles: list[RoleTold], *, alone: bool) -> str:
    if alone:
        has = [one.role for one in roles if one.after.state == "has"]
        return gettext("%(who)s: %(roles)s") % {
            "who": who,
            "roles": ", ".join(has) or gettext("no role"),
        }
    lost = ", ".join(one.role for one in roles if one.kind == "lost")
    gained = ", ".join(one.role for one in roles if one.kind == "gained")
    told = [
        *([gettext("loses %s") % lost] if lost else []),
        *([gettext("gains %s") % gained] if gained else []),
    ]
    changes = ", ".join(told) or gettext("no role would change")
    return gettext("%(who)s: %(changes)s") % {"who": who, "changes": changes}


def _would_have(roles: list[str]) -> str:
    return gettext("Would have %s") % (", ".join(roles) or gettext("no role"))
