"""A person and her browser, signed in by a session of the real store."""

from dataclasses import replace
from datetime import timedelta

from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from gateway import wiring
from gateway.flows import sign_ins
from gateway.flows.visitor import Visitor
from gateway.sessions import cookie
from gateway.sessions.session import Session, SessionHandle, SessionToken
from provisioning.models import Account, HeldRole, LinkedIdentity, RoleInfo

HOST, ADDRESS = "gateway.corp.localhost:8000", "192.0.2.7"
NAMES = {"ada": "Ada Byron", "ben": "Ben Okafor", "cleo": "Cleo Hart", "dora": "Dora Lind"}


def account(username: str, **fields: object) -> Account:
    return Account.objects.create(
        username=username,
        name=NAMES[username],
        email=f"{username}@corp.example",
        **fields,
    )


def staff(username: str = "dora", *, permissions: str = "*") -> Account:
    """A person whose staff role may do these things: codenames with spaces, or all."""
    group, _ = Group.objects.get_or_create(name="gatehouse-admin")
    found = Permission.objects.all()
    if permissions != "*":
        found = found.filter(codename__in=permissions.split())
    group.permissions.set(found)
    person = account(username, is_staff=True)
    person.groups.add(group)
    return person


def local_administrator(username: str = "dora", *, permissions: str = "*") -> Account:
    """As `manage.py admin-link` makes one: she needs no provider."""
    person = staff(username, permissions=permissions)
    HeldRole.objects.create(
        account=person,
        role=Group.objects.get(name="gatehouse-admin"),
        origin=HeldRole.Origin.HAND,
        given_by="operator",
        since=timezone.now(),
    )
    return person


def start(person: Account, provider: str = "corp-oidc", **fields: object) -> SessionToken:
    """In the store and in the index, as a sign-in does it; `fields` are the session's."""
    now = timezone.now()
    session = Session(
        account=str(person.pk),
        username=person.username,
        name=person.name,
        email=person.email,
        email_verified=person.email_verified,
        roles=frozenset(),
        provider=provider,
        upstream_session=None,
        acr=None,
        amr=(),
        authenticated_at=now,
        started_at=now,
        expires_at=now + timedelta(hours=10),
        idle_for=timedelta(hours=1),
        ruleset=0,
    )
    session = replace(session, **fields)
    token = wiring.session_store().start(session)
    sign_ins.keep(token.handle, session, Visitor(address=ADDRESS))
    return token


def cookie_of(token: SessionToken, host: str = HOST) -> str:
    return cookie.write(token, host, wiring.key_ring())


def browser_of(person: Account | None, *, csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=csrf, headers={"Host": HOST})
    if person is not None:
        client.cookies[cookie.NAME] = cookie_of(start(person))
    return client


def lives(handle: SessionHandle) -> bool:
    return wiring.session_store().load(handle) is not None


def role(name: str, label: str = "", **info: str) -> Group:
    group, _ = Group.objects.get_or_create(name=name)
    RoleInfo.objects.create(role=group, label=label or name.title(), **info)
    return group


def linked(person: Account, subject: str = "s-1", provider: str = "corp-oidc") -> LinkedIdentity:
    now = timezone.now()
    return LinkedIdentity.objects.create(
        account=person,
        issuer="https://idp.corp.example",
        subject=subject,
        provider=provider,
        username=person.username,
        email=person.email,
        first_seen=now,
        last_seen=now,
    )


def held_by_rule(person: Account, group: Group, identity: LinkedIdentity) -> HeldRole:
    return HeldRole.objects.create(
        account=person,
        role=group,
        origin=HeldRole.Origin.RULE,
        linked_identity=identity,
        rule="engineers-deploy",
        ruleset_version=3,
        because=['groups: "/engineering/platform"'],
        since=timezone.now(),
    )
