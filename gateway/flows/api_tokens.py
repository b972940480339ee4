"""API tokens: made for a person of the console, used by her programs, ended at once; and those of
service accounts, which open apps as well.

A token is 256 random bits behind a prefix that scanners of leaked secrets can look for. It is shown
once; its row keeps the SHA-256, which needs no pepper for so many bits.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from gateway import wiring
from gateway.api_tokens.models import ApiToken, Scope
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows import programs
from gateway.flows.errors import NotPermitted, TokenAuthorGone, TokenEnded, TokenUnknown
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from gateway.relying_parties.models import RelyingParty
from gateway.sessions import program
from provisioning import roles, services
from provisioning.models import Account

PREFIX = "ghat_"
PREFIXES = (PREFIX, program.PREFIX)
DAYS, MAX_DAYS = 90, 365
MAX_OF_SERVICE = 2  # that live at once: the one in use, and the one that takes its place
STAMPED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    row: ApiToken
    text: str = field(repr=False)  # shown once


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedToken:
    """`apps` are slugs; only a service account's token may name any."""

    name: str
    scopes: Sequence[str] = ()
    apps: Sequence[str] = ()
    days: int = DAYS


def make(
    *, account: str, name: str, scopes: Sequence[str], days: int, actor: str, now: datetime
) -> MadeToken:
    """For a person. Raises AccountUnknown; NotPermitted for a program; DefinitionInvalid with all
    faults of `name`, `scopes` and `days`.
    """
    maker(actor)
    wanted = WantedToken(name=name, scopes=scopes, days=days)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        person = Account.objects.locked(account)
        _refuse([*_faults(person, wanted, now), *_faults_of_person(person, wanted)])
        row = _kept(person, wanted, text, actor=actor, now=now)
    wiring.wake("audit.seal")
    return MadeToken(row=row, text=text)


def make_for_service(*, account: str, wanted: WantedToken, actor: str, now: datetime) -> MadeToken:
    """For a service account; it opens the apps as soon as this returns.

    Raises AccountUnknown; NotPermitted for a program; DefinitionInvalid with all faults, also where
    the account has a role that its maker could neither use nor give; SessionStoreUnavailable.
    """
    by = maker(actor)
    text = program.new_token(account)
    row: ApiToken | None = None
    try:
        with transaction.atomic(durable=True):
            found = services.locked(account).account
            of_service = (*_faults_of_service(found, wanted, now), *_faults_of_maker(found, by))
            _refuse([*_faults(found, wanted, now), *of_service])
            row = _kept(found, wanted, text, actor=actor, now=now)
            programs.write(found, now=now)
    except BaseException:
        if row is not None:  # the commit did not happen: its text was never shown, and it ends
            programs.end([row])
        raise
    wiring.wake("audit.seal")
    return MadeToken(row=row, text=text)


def maker(actor: str) -> Account | None:
    """Whoever makes a token or a service account, as she is now; None for an operator.

    Raises NotPermitted for a program: what it made would go on when its own token has ended.
    """
    person = Account.objects.acting(actor)
    if actor.startswith(ApiToken.ACTORS) or (person is not None and person.is_program):
        raise NotPermitted("a program makes no program and no token")
    return person


def _kept(
    account: Account, wanted: WantedToken, text: str, *, actor: str, now: datetime
) -> ApiToken:
    row = ApiToken.objects.create(
        account=account,
        name=wanted.name,
        digest=_digest(text),
        scopes=sorted(set(wanted.scopes)),
        apps=sorted(set(wanted.apps)),
        created_at=now,
        expires_at=now + timedelta(days=wanted.days),
    )
    detail = {
        "token": row.actor,
        "name": row.name,
        "scopes": row.scopes,
        "expires_at": row.expires_at.isoformat(),
        **({"apps": row.apps} if row.apps else {}),
    }
    record(Event.API_TOKEN_MADE, actor=actor, account=str(account.pk), detail=detail, at=now)
    return row


def opened(text: str, *, now: datetime) -> ApiToken:
    """The live token, with its account. Raises TokenUnknown, TokenEnded, TokenAuthorGone."""
    row = ApiToken.objects.select_related("account").filter(digest=_digest(text)).first()
    if row is None:
        raise TokenUnknown("no such API token")
    if row.ended(now):
        raise TokenEnded(f"{row.actor} ended")
    account = row.account
    if not account.is_active or account.over(now) or not (account.is_staff or account.is_program):
        raise TokenAuthorGone(f"{row.actor} is of {row.account_id}")
    if row.last_used_at is None or now - row.last_used_at >= STAMPED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def revoke(token: int, *, actor: str, now: datetime) -> bool:
    """Whether it was alive. From the return on nobody can use it. Raises TokenUnknown,
    SessionStoreUnavailable.
    """
    of_account = ApiToken.objects.filter(pk=token).values_list("account_id", flat=True).first()
    if of_account is None:
        raise TokenUnknown(f"no API token {token}")
    with transaction.atomic():
        Account.objects.locked(str(of_account))  # whoever writes its record anew takes turns
        row = ApiToken.objects.get(pk=token)
        if row.revoked_at is not None:
            return False
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        account = str(row.account_id)
        detail = {"token": row.actor, "name": row.name}
        record(Event.API_TOKEN_REVOKED, actor=actor, account=account, detail=detail, at=now)
        programs.end([row])
    wiring.wake("audit.seal")
    return True


def revoke_all(account: str, *, now: datetime) -> list[str]:
    """Of one person, whose row the caller has locked and who puts it on record; how the record
    names those that lived. From the return on nobody can use them. Raises SessionStoreUnavailable.
    """
    rows = list(ApiToken.living(now).filter(account__pk=account).select_for_update())
    ApiToken.objects.filter(pk__in=[row.pk for row in rows]).update(revoked_at=now)
    programs.end(rows)
    return [row.actor for row in rows]


def _refuse(faults: list[FieldFault]) -> None:
    if faults:
        raise DefinitionInvalid(tuple(faults))


def _faults(account: Account, wanted: WantedToken, now: datetime) -> Iterator[FieldFault]:
    checks = {
        "name": not _is_name(wanted.name),
        "scopes": not set(wanted.scopes) <= set(Scope.values),
        "days": not 1 <= wanted.days <= MAX_DAYS,
    }
    problems = {
        "name": f"must be a text of 1 to {ApiToken.MAX_NAME} letters",
        "scopes": f"must be one or more of {', '.join(Scope.values)}",
        "days": f"must be 1 to {MAX_DAYS}",
    }
    for at, wrong in checks.items():
        if wrong:
            yield FieldFault(field=at, problem=problems[at])
    living = ApiToken.living(now).filter(account=account)
    if _is_name(wanted.name) and living.filter(name=wanted.name).exists():
        yield FieldFault(field="name", problem="is that of a living token already")


def _is_name(text: str) -> bool:
    return len(text.strip()) > 0 and len(text) <= ApiToken.MAX_NAME and text.isprintable()


def _faults_of_person(person: Account, wanted: WantedToken) -> Iterator[FieldFault]:
    if not wanted.scopes:
        yield FieldFault(field="scopes", problem=f"must be one or more of {', '.join(Scope)}")
    if not (person.is_active and person.is_staff):
        problem = "may not use the console, so no program may in this name"
        yield FieldFault(field="account", problem=problem)


def _faults_of_service(
    account: Account, wanted: WantedToken, now: datetime
) -> Iterator[FieldFault]:
    if not (wanted.scopes or wanted.apps):
        yield FieldFault(field="apps", problem="or scopes must say what the token is for")
    known = set(RelyingParty.objects.filter(slug__in=wanted.apps).values_list("slug", flat=True))
    for unknown in sorted(set(wanted.apps) - known):
        yield FieldFault(field="apps", problem=f"has {unknown!r}, and there is no such app")
    if not account.is_active or account.over(now):
        yield FieldFault(field="account", problem="is closed, and no token opens anything for it")
    if ApiToken.living(now).filter(account=account).count() >= MAX_OF_SERVICE:
        problem = f"has {MAX_OF_SERVICE} living tokens, which is enough to change one for the other"
        yield FieldFault(field="account", problem=f"{problem}: revoke the one not in use")


def _faults_of_maker(account: Account, by: Account | None) -> Iterator[FieldFault]:
    """She is shown the token, and could use it: for what she may do herself, or could let herself
    do.
    """
    if by is None or by.has_perm("provisioning.add_heldrole"):
        return
    beyond = roles.effective(str(account.pk)) - roles.effective(str(by.pk))
    if beyond:
        problem = f"has roles that you have not: {', '.join(sorted(beyond))}"
        yield FieldFault(
            field="account", problem=f"{problem}. Ask somebody who may give roles for the token"
        )


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()
