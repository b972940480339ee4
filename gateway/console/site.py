"""What stands in the console, in the order of the rail."""

from auditlog.models import LogEntry
from django.utils.translation import gettext_lazy as _

from gateway.api_tokens.models import ApiToken
from gateway.audit.models import AuditEvent
from gateway.console.accounts.rows import AccountRows, HeldRoleRows, LinkedIdentityRows
from gateway.console.api_tokens import ApiTokenRows
from gateway.console.connections import ProviderRows, RelyingPartyRows
from gateway.console.departures import NoticeRows
from gateway.console.frame import GatehouseConsole, Place
from gateway.console.invitations import InvitationRows
from gateway.console.record import AuditEventRows, LogEntryRows
from gateway.console.roles import RoleInfoRows
from gateway.console.rules import RuleSetVersionRows
from gateway.console.scim import ScimConnectionRows, ScimTokenRows
from gateway.console.service_accounts import ServiceAccountRows
from gateway.console.traces import TraceRows
from gateway.departures.models import Notice
from gateway.relying_parties.models import RelyingParty
from gateway.traces.models import LoginTrace
from mapping.models import RuleSetVersion
from providers.models import Provider
from provisioning.models import (
    Account,
    HeldRole,
    Invitation,
    LinkedIdentity,
    RoleInfo,
    ServiceAccount,
)
from provisioning.scim.models import ScimConnection, ScimToken

console = GatehouseConsole()
_TABLE = (
    (_("Providers"), "login", Provider, ProviderRows),
    (_("Rules"), "rule", RuleSetVersion, RuleSetVersionRows),
    (_("Roles"), "badge", RoleInfo, RoleInfoRows),
    (_("People"), "group", Account, AccountRows),
    (_("Held roles"), "assignment_ind", HeldRole, HeldRoleRows),
    (_("Identities"), "fingerprint", LinkedIdentity, LinkedIdentityRows),
    (_("Invitations"), "mail", Invitation, InvitationRows),
    (_("Service accounts"), "smart_toy", ServiceAccount, ServiceAccountRows),
    (_("Apps"), "apps", RelyingParty, RelyingPartyRows),
    (_("Notices to apps"), "outgoing_mail", Notice, NoticeRows),
    (_("Traces"), "timeline", LoginTrace, TraceRows),
    (_("API tokens"), "key", ApiToken, ApiTokenRows),
    (_("SCIM connections"), "sync", ScimConnection, ScimConnectionRows),
    (_("SCIM tokens"), "key_vertical", ScimToken, ScimTokenRows),
    (_("Audit"), "history", AuditEvent, AuditEventRows),
    (_("Differences"), "difference", LogEntry, LogEntryRows),
)
for _title, _icon, _model, _rows in _TABLE:
    console.register(_model, _rows)
_SESSIONS = Place(url_name="sessions", permission="sign_ins.view_session")
_PROVIDERS, *_OTHERS = ((title, icon, model) for title, icon, model, _rows in _TABLE)
_AFTER_PEOPLE = [model for _title, _icon, model in _OTHERS].index(Account) + 1
_DOMAINS = Place(url_name="domains", permission="providers.view_provider")
_WAITING = Place(url_name="waiting", permission="provisioning.view_joinrequest")
_DIRECTORIES = Place(url_name="directories", permission="directories.view_directory")
_BREAK_GLASS = Place(url_name="console-break-glass", permission="break_glass.view_breakglass")
_REVIEWS = Place(url_name="reviews", permission="reviews.view_review")
_ATTACK = Place(url_name="attack", permission="providers.change_provider")
console.rail = (
    _PROVIDERS,
    (_("Domains"), "alternate_email", _DOMAINS),
    (_("Directories"), "contacts", _DIRECTORIES),
    *_OTHERS[:_AFTER_PEOPLE],
    (_("Waiting"), "hourglass_empty", _WAITING),
    (_("Sessions"), "devices", _SESSIONS),
    (_("Access reviews"), "fact_check", _REVIEWS),
    *_OTHERS[_AFTER_PEOPLE:],
    (_("Break-glass"), "emergency_home", _BREAK_GLASS),
    (_("Attack"), "swords", _ATTACK),
)
console.desks = {
    Provider: "console-providers",
    RuleSetVersion: "mapping",
    Account: "people",
}
