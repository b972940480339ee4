"""Parts of what is said of a merge, an undo or a split: what moves, what is gained, what ends."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, ngettext

from gateway.console.personal import LABELS
from gateway.flows.merging import Moved, Side
from gateway.web.names import names_of
from provisioning.models import RoleInfo, Source
from provisioning.profile import Attribute
from provisioning.told_by import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    title: str
    lines: tuple[str, ...]
    loud: bool = False


def loud(lines: list[str], moved: Moved) -> Iterator[Part]:
    if moved.power:
        named = ", ".join(labels(moved.power))
        lines = [gettext("Gives power in this console: %s.") % named, *lines]
    if lines:
        yield Part(title=gettext("Mind this"), lines=tuple(lines), loud=True)


def end_moves(who: str, ends_at: datetime | None) -> str:
    if ends_at is None:
        return gettext("%s has no end date any more.") % who
    told = {"who": who, "at": f"{ends_at:%Y-%m-%d %H:%M}"}
    return gettext("%(who)s ends at %(at)s UTC: of two end dates the earlier counts.") % told


def identities(title: str, moved: Moved, told: Told | None) -> Part:
    lines = [
        f"{each.provider}: {each.username or each.subject}"
        + (f", {each.email}" if each.email else "")
        + (gettext(" (SCIM; nobody signs in by it)") if each.by_scim else "")
        for each in moved.identities
    ]
    if told is not None:
        tells = gettext("SCIM connection %(place)s tells of her as %(name)s")
        lines += [tells % {"place": p, "name": n} for p, n in told.scim]
        known = gettext("Directory %(place)s knows her as %(name)s")
        lines += [known % {"place": p, "name": n} for p, n in told.directories]
    return Part(title=title, lines=tuple(lines) or (gettext("None: no provider knows it."),))


def roles(moved: Moved, side: Side, twice: Iterable[str]) -> Part:
    found = []
    gained = labels(side.gained)
    if gained:
        found.append(gettext("In sum %(who)s gains: %(roles)s.") % _of(side, gained))
    else:
        found.append(gettext("%s gains no role.") % side.username)
    if side.lost:
        words = gettext("%(who)s loses, for a rule denies it now: %(roles)s.")
        found.append(words % _of(side, labels(side.lost)))
    origins = {
        "rule": gettext("%(role)s goes along, given by a rule: %(words)s"),
        "scim": gettext("%(role)s goes along, given by a rule over SCIM groups: %(words)s"),
        "hand": gettext("%(role)s goes along, given by hand: %(words)s"),
    }
    hands = names_of(
        each.words.removeprefix("by hand (").removesuffix(")")
        for each in moved.roles
        if each.origin == "hand"
    )
    for each in moved.roles:
        giver = each.words.removeprefix("by hand (").removesuffix(")")
        words = hands.get(giver, each.words) if each.origin == "hand" else each.words
        found.append(origins[each.origin] % {"role": each.role, "words": words})
    found += [gettext("%s is held by hand at both; it counts once.") % role for role in twice]
    return Part(title=gettext("Roles"), lines=tuple(found))


def _of(side: Side, roles: list[str]) -> dict[str, str]:
    return {"who": side.username, "roles": ", ".join(roles)}


def attributes(title: str, side: Side) -> Iterator[Part]:
    if not side.attributes:
        return
    words = gettext("%(name)s: %(before)s → %(after)s (%(by)s)")
    same = gettext("%(name)s stays %(after)s, now by another word (%(by)s)")
    yield Part(
        title=title % side.username,
        lines=tuple(
            (same if step.before == step.after else words)
            % {
                "name": LABELS[Attribute(step.attribute)],
                "before": step.before or "-",
                "after": step.after or "-",
                "by": step.after_by or gettext("nobody says it any more"),
            }
            for step in side.attributes
        ),
    )


def sessions(count: int, who: str) -> str:
    words = ngettext(
        "One browser that is signed in to %(who)s is signed out.",
        "%(number)d browsers that are signed in to %(who)s are signed out.",
        count,
    )
    if not count:
        words = gettext("No browser is signed out.")
    return words % {"number": count, "who": who} if "%" in words else words


def sources(sources: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(str(Source(source).label) for source in sources))


def labels(roles: Iterable[str]) -> list[str]:
    named = list(roles)
    infos = RoleInfo.objects.filter(role__name__in=named).values_list("role__name", "label")
    labels = dict(infos)
    return [f"{labels[role]} ({role})" if role in labels else role for role in named]
