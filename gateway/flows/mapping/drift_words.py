"""What a provider says otherwise than before, in words: without any value of a claim."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mapping.drift import Kind

_SIGNS: Mapping[Kind, Promise] = {
    Kind.IDS: _("%(claim)s: ids, where names always were"),
    Kind.TEXT: _("%(claim)s: one text with separators, where a list always was"),
    Kind.LINK: _("%(claim)s: a link to the values, where the values always were"),
    Kind.FEWER: _("%(claim)s: a fourth of the values that people had, or less"),
}


def told_sign(kind: str, claim: str) -> str:
    return str(_SIGNS[Kind(kind)]) % {"claim": claim}
