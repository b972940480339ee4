"""Ada, whom two providers know and who has two accounts here, and who merges them."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission

from gateway.flows import merging, roles
from gateway.flows.merging import MergePlan
from provisioning.models import Account, Merge, Source
from tests.gateway.flows.mapping.drafters import content, rule
from tests.gateway.flows.mapping.staff import CORP, LATER, company, identity, signs_in
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import role

DORA = "dora"
PARTNERS = "partners"
POWER = "gatehouse-admin"
RULES = content(
    rule("eng"),
    rule("fin", roles=("payroll",)),
    rule("it", roles=(POWER,)),
    {"id": "barred", "denies": [POWER], "when": {"claim": "groups", "glob": "/barred/*"}},
    {
        "id": "not-outside",
        "denies": ["payroll"],
        "when": {"claim": "groups", "glob": "/outside/*"},
    },
)


def gatehouse() -> None:
    role(POWER).permissions.set(Permission.objects.filter(codename="view_account"))
    company(RULES)


def at_corp(*groups: str) -> Account:
    return signs_in(identity("ada", *(groups or ("/eng/web",))))


def at_partners(*groups: str, name: str = "ada") -> Account:
    return signs_in(identity(name, *(groups or ("/fin/pay",)), at=PARTNERS))


def both() -> tuple[Account, Account]:
    """The one that stays, and the one that goes."""
    return at_corp(), at_partners()


def looked(kept: Account, gone: Account, now: datetime = LATER) -> MergePlan:
    return merging.look(kept=str(kept.pk), gone=str(gone.pk), actor=DORA, now=now)


def merged(kept: Account, gone: Account, now: datetime = LATER) -> Merge:
    said = {"kept": str(kept.pk), "gone": str(gone.pk), "actor": DORA, "now": now}
    plan = merging.look(**said)
    return Merge.objects.get(pk=merging.merge(**said, digest=plan.digest))


def undone(merge: Merge, now: datetime | None = None, **more: Any) -> str:
    at = now or merge.at + timedelta(days=1)
    plan = merging.look_at_undo(merge.pk, actor=DORA, now=at)
    return merging.undo(merge.pk, digest=plan.digest, actor=DORA, now=at, **more)


def split(account: Account, provider: str = PARTNERS, now: datetime = LATER) -> Account:
    key = account.identities.filter(provider=provider).earliest("pk").pk
    said = {"account": str(account.pk), "identity": key, "actor": DORA, "now": now}
    plan = merging.look_at_split(**said)
    return Account.objects.get(pk=merging.split(**said, digest=plan.digest))


def hold(account: Account) -> None:
    """SCIM lets her go while nobody else can administer; then she can no more, either."""
    hers = {"account": str(account.pk), "role": POWER, "actor": "operator", "now": LATER}
    roles.grant_by_hand(**hers)
    assert close(account.pk, source=Source.SCIM, by="scim:okta", at=LATER).held
    roles.revoke_by_hand(**hers)


def names(account: Account) -> set[str]:
    return set(account.groups.values_list("name", flat=True))


def fresh(account: Account) -> Account:
    return Account.objects.get(pk=account.pk)


def known_at(provider: str = CORP) -> Account:
    return Account.objects.get(identities__provider=provider)


def snapshot() -> list[Any]:
    """All that a merge may touch, row by row."""
    from gateway.audit.models import AuditEvent
    from provisioning import models

    tables = (
        *(models.Account, models.LinkedIdentity, models.HeldRole, models.DeniedRole),
        *(models.AccountAttribute, models.ProfileValue, models.Closure, models.Unlinked),
        *(models.Merge, models.ServiceAccount, models.JoinRequest, AuditEvent),
        Account.groups.through,
    )
    return [list(table._default_manager.order_by("pk").values()) for table in tables]
