"""Whom rules and roles matter to, in a line each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from gateway.flows.mapping import usage
from gateway.flows.mapping.usage import Usage

_DAY = timedelta(days=1)


def used_by(rules: Sequence[str]) -> Mapping[str, str]:
    """Of rules in force, by their ids."""
    now = timezone.now()
    return {name: told(each, now) for name, each in usage.of_rules(rules).items()}


def role_used_by(role: str) -> str:
    return told(usage.of_roles([role])[role], timezone.now())


def told(usage: Usage, now: datetime) -> str:
    """`12 people, last used today`; `nobody now; the last one until 2026-03-02`"""
    if not usage.people:
        if usage.until is None:
            return gettext("nobody now")
        return gettext("nobody now; the last one until %(when)s") % {
            "when": _when(now.date() - usage.until.date(), usage.until)
        }
    people = ngettext("%d person", "%d people", usage.people) % usage.people
    if usage.seen is None:
        return people
    return gettext("%(people)s, last used %(when)s") % {
        "people": people,
        "when": _when(now.date() - usage.seen.date(), usage.seen),
    }


def _when(ago: timedelta, at: datetime) -> str:
    if ago < _DAY:
        return gettext("today")
    return gettext("yesterday") if ago < 2 * _DAY else f"{at:%Y-%m-%d}"
