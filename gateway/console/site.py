"""What stands in the console, in the order of the rail."""

from auditlog.models import LogEntry
from django.utils.translation import gettext_lazy as _

from gateway.api_tokens.models import ApiToken
from gateway.audit.models import AuditEvent
from gateway.console.api_tokens import ApiTokenRows
from gateway.console.connections import ProviderRows, RelyingPartyRows
from gateway.console.frame import GatehouseConsole, Place
from gateway.console.people import AccountRows, HeldRoleRows, LinkedIdentityRows
from gateway.console.record import AuditEventRows, LogEntryRows
from gateway.console.roles import RoleInfoRows
from gateway.console.rules import RuleSetVersionRows
from gateway.console.traces import TraceRows
from gateway.relying_parties.models import RelyingParty
from gateway.traces.models import LoginTrace
from mapping.models import RuleSetVersion
from providers.models import Provider
from provisioning.models import Account, HeldRole, LinkedIdentity, RoleInfo

console = GatehouseConsole()
_TABLE = (
    (_("Providers"), "login", Provider, ProviderRows),
    (_("Rules"), "rule", RuleSetVersion, RuleSetVersionRows),
    (_("Roles"), "badge", RoleInfo, RoleInfoRows),
    (_("People"), "group", Account, AccountRows),
    (_("Held roles"), "assignment_ind", HeldRole, HeldRoleRows),
    (_("Identities"), "fingerprint", LinkedIdentity, LinkedIdentityRows),
    (_("Apps"), "apps", RelyingParty, RelyingPartyRows),
    (_("Traces"), "timeline", LoginTrace, TraceRows),
    (_("API tokens"), "key", ApiToken, ApiTokenRows),
    (_("Audit"), "history", AuditEvent, AuditEventRows),
    (_("Differences"), "difference", LogEntry, LogEntryRows),
)
for _title, _icon, _model, _rows in _TABLE:
    console.register(_model, _rows)
_SESSIONS = Place(url_name="sessions", permission="sign_ins.view_session")
_PROVIDERS, *_OTHERS = ((title, icon, model) for title, icon, model, _rows in _TABLE)
_AFTER_PEOPLE = [model for _title, _icon, model in _OTHERS].index(Account) + 1
_DOMAINS = Place(url_name="domains", permission="providers.view_provider")
_ATTACK = Place(url_name="attack", permission="providers.change_provider")
console.rail = (
    _PROVIDERS,
    (_("Domains"), "alternate_email", _DOMAINS),
    *_OTHERS[:_AFTER_PEOPLE],
    (_("Sessions"), "devices", _SESSIONS),
    *_OTHERS[_AFTER_PEOPLE:],
    (_("Attack"), "swords", _ATTACK),
)
console.desks = {Provider: "console-providers", RuleSetVersion: "mapping"}
