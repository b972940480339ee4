"""What depends on a provider: people, roles, live sessions, rules, apps, and the way in itself.

Only read here; `configure.switching` acts on it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from gateway import wiring
from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.search import Search
from mapping import models as mapping_models
from providers.models import Provider, held_domains
from provisioning.models import Account, HeldRole, LinkedIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependents:
    people: int  # accounts that it vouches for
    holders: int  # of those, who hold a role because of it
    held: int  # such roles, each holder's by itself
    roles: tuple[str, ...]
    sessions: int  # live ones that began there
    signed_in: int  # how many people those are
    rules: tuple[str, ...]  # ids of those in force that name it
    apps: tuple[str, ...]  # which the people of it may enter
    only_by_it: tuple[str, ...]  # apps that take no other provider
    domains: tuple[str, ...]  # that lead to it
    last_way_in: bool  # without it no administrator could sign in any more
    shuts_out: bool  # the account that asks would be one who could not


def dependents(row: Provider, *, account: str, now: datetime) -> Dependents:
    """`account` is whoever asks."""
    held = HeldRole.objects.filter(linked_identity__provider=row.slug)
    roles = tuple(sorted(held.values_list("role__name", flat=True).distinct()))
    live = Search(provider=row.slug).live()
    ways = ways_in_without(row)
    return Dependents(
        people=identities(row).values("account").distinct().count(),
        holders=held.values("account").distinct().count(),
        held=held.count(),
        roles=roles,
        sessions=live.count(),
        signed_in=live.order_by().values("account").distinct().count(),
        rules=rules_naming(row),
        apps=_apps(frozenset(roles)),
        only_by_it=_only_by(row),
        domains=tuple(held_domains(now).filter(provider=row).values_list("domain", flat=True)),
        last_way_in=not ways,
        shuts_out=account not in ways,
    )


def identities(row: Provider) -> QuerySet[LinkedIdentity]:
    """Those that last came by it, or are its issuer's and may have."""
    own = [str(row.settings["issuer"])] if "issuer" in row.settings else []
    own += [f"saml:{row.settings['entity_id']}"] if "entity_id" in row.settings else []
    return LinkedIdentity.objects.filter(Q(provider=row.slug) | Q(issuer__in=own))


def rules_naming(row: Provider) -> tuple[str, ...]:
    return tuple(rule.id for rule in mapping_models.active().rules if rule.provider == row.slug)


def ways_in_without(row: Provider) -> frozenset[str]:
    """The administrators who could sign in without it: by another provider that is switched on, or
    with a local account, for which the operator makes a link.
    """
    others = Provider.objects.filter(enabled=True).exclude(pk=row.pk).values("slug")
    elsewhere = LinkedIdentity.objects.filter(provider__in=others)
    administrators = HeldRole.objects.filter(
        role__name=wiring.config().staff_role, account__is_active=True
    )
    local = Account.objects.filter(identities__isnull=True)
    by_hand = Q(origin=HeldRole.Origin.HAND)
    lasting = administrators.filter(
        Q(linked_identity__in=elsewhere)
        | by_hand & (Q(account__in=local) | Q(account__identities__in=elsewhere))
    )
    return frozenset(str(account) for account in lasting.values_list("account", flat=True))


def _only_by(row: Provider) -> tuple[str, ...]:
    naming = RelyingParty.objects.filter(enabled=True).exclude(providers=[]).order_by("name")
    return tuple(app.name for app in naming if app.providers == [row.slug])


def _apps(roles: frozenset[str]) -> tuple[str, ...]:
    def open_to_them(access: dict[str, object]) -> bool:
        needed: list[str] = access.get("roles") or []  # type: ignore[assignment]
        return not access.get("public") and (not needed or bool(roles & set(needed)))

    rows = RelyingParty.objects.filter(enabled=True).order_by("name")
    return tuple(row.name for row in rows if any(open_to_them(access) for access in row.access))
