"""What holds of people, in words."""

from collections.abc import Mapping
from typing import TypeAlias

from django.utils.translation import gettext

from mapping.sentences.parts import (
    MISSING,
    Part,
    Sentence,
    filled,
    listed,
    series,
    text,
    texts,
    values,
)

Names: TypeAlias = Mapping[str, str]

_GROUPS = {"group", "groups", "memberof"}
_COMBINATORS = ("not", "all", "any", "none")
_COMPARED = (
    *("equals", "in", "glob", "matches", "contains", "below"),
    *("less", "at_most", "more", "at_least", "before", "after"),
)


def clause(shape: object, names: Names, *, negated: bool = False) -> Sentence:
    """What holds of the people, as it stands after the word itself: "in /engineering"."""
    condition = shape if isinstance(shape, Mapping) else {}
    combinator = next((key for key in _COMBINATORS if key in condition), "")
    if combinator:
        return _combined(combinator, condition[combinator], names, negated=negated)
    operator = next((str(key) for key in condition if key != "claim"), "")
    value, claim = condition.get(operator), str(condition.get("claim") or MISSING)
    if operator == "present":
        return _present(claim, (value is not False) != negated)
    if operator in _COMPARED:
        return _compared(claim, operator, value, negated=negated)
    return _circumstance(operator, value, names, negated=negated)


def named(slug: str, names: Names) -> Part:
    return Part(names.get(slug, slug), "name")


def _circumstance(operator: str, value: object, names: Names, *, negated: bool) -> Sentence:
    """What is no comparison of one claim."""
    match operator:
        case "provider":
            words = gettext("not at %(where)s") if negated else gettext("at %(where)s")
            where = [named(slug, names) for slug in texts(value)]
            return filled(words, where=listed(where, gettext("or")))
        case "email_domain":
            kept = gettext("with a verified address at %(domain)s")
            other = gettext("with a verified address that is not at %(domain)s")
            return filled(other if negated else kept, domain=values(value))
        case "time":
            return _window(value, negated=negated)
        case "cel":
            held, failed = (
                gettext("for whom %(this)s is true"),
                gettext("for whom %(this)s is false"),
            )
            return filled(failed if negated else held, this=(Part(text(value) or MISSING, "code"),))
    return (Part(MISSING),)


def _combined(combinator: str, inner: object, names: Names, *, negated: bool) -> Sentence:
    if combinator == "not":
        return clause(inner, names, negated=not negated)
    shapes = list(inner) if isinstance(inner, list | tuple) else []
    if not shapes:
        return (Part(MISSING),)
    # Neither of a and b is: not a, and not b. So what cannot be said stays so, as in deciding.
    inside = negated != (combinator == "none")
    together = (combinator == "all") == (not negated) if combinator != "none" else not negated
    word = gettext("and") if together else gettext("or")
    if len(shapes) == 1:
        return clause(shapes[0], names, negated=inside)
    return series([_bracketed(one, names, negated=inside) for one in shapes], word, always=True)


def _bracketed(shape: object, names: Names, *, negated: bool) -> Sentence:
    """In brackets if it is a series itself, or nobody knows which word binds."""
    made = clause(shape, names, negated=negated)
    return (Part("("), *made, Part(")")) if _is_series(shape) else made


def _is_series(shape: object) -> bool:
    if not isinstance(shape, Mapping):
        return False
    inner = next((shape[key] for key in _COMBINATORS if key in shape), None)
    return len(inner) > 1 if isinstance(inner, list | tuple) else _is_series(inner)


def _compared(claim: str, operator: str, value: object, *, negated: bool) -> Sentence:
    grouped = claim.rpartition(".")[2].lower() in _GROUPS
    words = _group_words(operator, negated=negated) if grouped else ""
    if not words:
        words = _claim_words(operator, negated=negated)
    shown = (Part(text(value) or MISSING, "code"),) if operator == "matches" else values(value)
    return filled(words, claim=(Part(claim, "code"),), value=shown)


def _group_words(operator: str, *, negated: bool) -> str:
    """Of groups people say that somebody is in them. Empty where they do not."""
    said = {
        "equals": (gettext("in %(value)s"), gettext("not in %(value)s")),
        "in": (gettext("in %(value)s"), gettext("in none of %(value)s")),
        "below": (
            gettext("in %(value)s or a group below it"),
            gettext("neither in %(value)s nor in a group below it"),
        ),
        "glob": (gettext("in a group like %(value)s"), gettext("in no group like %(value)s")),
        "matches": (
            gettext("in a group that matches %(value)s"),
            gettext("in no group that matches %(value)s"),
        ),
    }
    return said[operator][negated] if operator in said else ""


def _claim_words(operator: str, *, negated: bool) -> str:
    said = {
        "equals": (
            gettext("whose %(claim)s is %(value)s"),
            gettext("whose %(claim)s is not %(value)s"),
        ),
        "in": (
            gettext("whose %(claim)s is %(value)s"),
            gettext("whose %(claim)s is none of %(value)s"),
        ),
        "glob": (
            gettext("whose %(claim)s is like %(value)s"),
            gettext("whose %(claim)s is not like %(value)s"),
        ),
        "matches": (
            gettext("whose %(claim)s matches %(value)s"),
            gettext("whose %(claim)s does not match %(value)s"),
        ),
        "contains": (
            gettext("whose %(claim)s contains %(value)s"),
            gettext("whose %(claim)s does not contain %(value)s"),
        ),
        "below": (
            gettext("whose %(claim)s is %(value)s or below it"),
            gettext("whose %(claim)s is neither %(value)s nor below it"),
        ),
        "less": (
            gettext("whose %(claim)s is less than %(value)s"),
            gettext("whose %(claim)s is not less than %(value)s"),
        ),
        "at_most": (
            gettext("whose %(claim)s is at most %(value)s"),
            gettext("whose %(claim)s is not at most %(value)s"),
        ),
        "more": (
            gettext("whose %(claim)s is more than %(value)s"),
            gettext("whose %(claim)s is not more than %(value)s"),
        ),
        "at_least": (
            gettext("whose %(claim)s is at least %(value)s"),
            gettext("whose %(claim)s is not at least %(value)s"),
        ),
        "before": (
            gettext("whose %(claim)s is before %(value)s"),
            gettext("whose %(claim)s is not before %(value)s"),
        ),
        "after": (
            gettext("whose %(claim)s is after %(value)s"),
            gettext("whose %(claim)s is not after %(value)s"),
        ),
    }
    return said[operator][negated]


def _present(claim: str, wanted: bool) -> Sentence:  # noqa: FBT001
    words = gettext("who have a %(claim)s") if wanted else gettext("who have no %(claim)s")
    return filled(words, claim=(Part(claim, "code"),))


def _window(value: object, *, negated: bool) -> Sentence:
    window = value if isinstance(value, Mapping) else {}
    begins, ends = (text(window.get(name)) for name in ("from", "until"))
    places = {"begins": (Part(begins, "name"),), "ends": (Part(ends, "name"),)}
    match bool(begins), bool(ends):
        case True, True:
            words = gettext("from %(begins)s until %(ends)s")
        case True, False:
            words = gettext("from %(begins)s on")
        case False, True:
            words = gettext("until %(ends)s")
        case _:
            return (Part(MISSING),)
    inside = filled(words, **places)
    return filled(gettext("but not %(time)s"), time=inside) if negated else inside
