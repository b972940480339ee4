"""Asking once more, where publishing would take roles from very many, or shut the console."""

import re

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext

from gateway.console.mapping.desk import actor, page
from gateway.console.mapping.who import account_of
from gateway.flows.errors import ConsoleLost, RoleLossTooLarge
from gateway.flows.mapping.consequences import Confirmed

QUESTIONS = (RoleLossTooLarge, ConsoleLost)

_NUMBER = re.compile(r"[0-9]{1,9}")
# What the form had said stands in the next one.
_AGAIN = ("do", "edition", "in_force", "comment", "provider", "seen", "losing", "name")


def confirmed(request: HttpRequest) -> Confirmed:
    told = request.POST.get("losing", "")
    losing = int(told) if _NUMBER.fullmatch(told) else None
    return Confirmed(losing=losing, name=request.POST.get("name", "").strip())


def asked(
    request: HttpRequest,
    question: Exception,
    *,
    back: str,
    preview: str = "",
    published: bool = True,
) -> HttpResponse:
    """`back` is the page that was left by pressing the button, `preview` says who they are. What is
    not `published` cannot be taken back.
    """
    losing = question.losing if isinstance(question, RoleLossTooLarge) else None
    field = "losing" if losing is not None else "name"
    return page(
        request,
        "confirm",
        title=_title(question),
        status=409,
        losing=losing,
        everybody=isinstance(question, ConsoleLost) and question.everybody,
        wrong=field == "name" and bool(request.POST.get("name")),
        username=account_of(actor(request)).username,
        said=[
            (name, value)
            for name in _AGAIN
            if name != field
            for value in request.POST.getlist(name)
        ],
        back=back,
        preview=preview,
        published=published,
    )


def _title(question: Exception) -> str:
    if isinstance(question, RoleLossTooLarge):
        words = ngettext(
            "%(losing)d of %(all)d people would lose a role",
            "%(losing)d of %(all)d people would lose a role",
            question.losing,
        )
        return words % {"losing": question.losing, "all": question.accounts}
    if isinstance(question, ConsoleLost) and question.everybody:
        return gettext("Nobody could enter the console any more")
    return gettext("You could not enter the console any more")
