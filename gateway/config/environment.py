"""The operator's settings from the environment, read once, all faults told together.

Each `GATEHOUSE_NAME` may instead be `GATEHOUSE_NAME_FILE`, the path of a file with the value.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

from gateway.config import values
from gateway.config.addresses import Network, normalised_host
from gateway.config.mail import MailServer, mail_addresses, mail_server
from gateway.config.palette import checked_colour

NEAR = 0.8  # how much of a name must be right for the rest to be a slip (difflib's ratio)
# Kubernetes tells every pod of its neighbours in such names, which begin with a neighbour's own.
_OF_A_CLUSTER = re.compile(r"(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_[A-Z]+(_.+)?)?)")

Ring = Literal["KEY_RING", "EDGE_KEY_RING"]
_T = TypeVar("_T")


class EnvironmentInvalid(Exception):
    """All faults of the environment, one a line: name, what is wrong, what to write."""

    code: ClassVar[str] = "config.environment-invalid"

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("The environment cannot work:\n" + "\n".join(f"  - {f}" for f in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Branding:
    """What the company's own people recognise: four settings, no theming engine."""

    name: str
    logo_url: str
    accent: str
    help_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One running gateway, as its operator wants it."""

    base_url: str  # the gateway's own origin, e.g. https://gateway.corp.example
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    key_ring: Path
    edge_key_ring: Path
    trusted_proxies: tuple[Network, ...]  # who may send X-Forwarded-*
    dns_resolvers: tuple[tuple[str, int], ...]  # address and port; the machine's own if empty
    internal_url: str  # where the edge reaches the gateway without a proxy
    staff_role: str  # the one role that opens the console; empty for none
    edge_watches: int  # long connections that one edge process keeps an eye on
    session_lifetime: timedelta
    session_idle: timedelta
    country_database: Path | None  # of addresses, in MaxMind's format
    session_remember: timedelta  # of who asks to stay signed in; nothing: nobody can
    sessions_per_person: int  # at once; 0 for no limit
    claims_not_kept: frozenset[str]  # paths that the last identity of a person goes without
    break_glass: bool  # accounts with a password and a second factor may sign in under /local/
    rules_need_approval: bool  # a draft of rules is published with a second person's word alone
    role_loss_people: int  # rules that take a role from more people are asked about
    role_loss_percent: int  # or from a larger part of all
    rules_never_give: frozenset[str]  # roles that come by hand alone
    identities_kept: timedelta  # so long after somebody was last seen
    closed_accounts_kept: timedelta  # erased after that; nothing: never
    branding: Branding
    mail_server: MailServer | None
    mail_from: str  # empty for gatehouse@ the gateway's own host
    operator_email: tuple[str, ...]  # who hears of what ends; empty for nobody
    metrics_token: str = field(repr=False)  # who bears it may read /metrics; empty for nobody
    debug: bool

    @property
    def host(self) -> str:
        """`host` or `host:port` of the gateway, lower case, default port left out."""
        return normalised_host(self.base_url)

    @property
    def sends_as(self) -> str:
        """The address that mails come from."""
        return self.mail_from or f"gatehouse@{urlsplit(self.base_url).hostname}"


@cache
def environment(opens: Ring | None = None) -> Environment:
    """The environment of the process, read once. Raises EnvironmentInvalid."""
    return read(os.environ, opens)


def read(variables: Mapping[str, str], opens: Ring | None = None) -> Environment:
    """Raises EnvironmentInvalid with every fault at once.

    Those of the key ring that the process `opens` are among them, so that nobody who has mended the
    one half is told the other.
    """
    source = _Source(variables)
    result = Environment(
        base_url=source.take("BASE_URL", values.origin),
        database_url=source.take("DATABASE_URL", values.database, "sqlite:///gatehouse.sqlite3"),
        redis_url=source.take("REDIS_URL", values.redis),
        broker_url=source.take("BROKER_URL", values.broker, "")
        or source.take("REDIS_URL", values.broker, ""),
        key_ring=source.take("KEY_RING", values.whole_ring if opens == "KEY_RING" else Path),
        edge_key_ring=source.take("EDGE_KEY_RING", values.ring)
        if opens == "EDGE_KEY_RING"
        else source.take("EDGE_KEY_RING", Path, ""),
        trusted_proxies=source.take("TRUSTED_PROXIES", values.networks, "127.0.0.1/32,::1/128"),
        dns_resolvers=source.take("DNS_RESOLVERS", values.resolvers, ""),
        internal_url=source.take("INTERNAL_URL", values.origin, "http://127.0.0.1:8001"),
        staff_role=source.take("STAFF_ROLE", str, ""),
        edge_watches=source.take("EDGE_WATCHES", values.count, "200"),
        session_lifetime=source.take("SESSION_LIFETIME_MINUTES", values.minutes, "600"),
        session_idle=source.take("SESSION_IDLE_MINUTES", values.minutes, "60"),
        country_database=source.take("COUNTRY_DATABASE", values.country_database, ""),
        session_remember=source.take("SESSION_REMEMBER_DAYS", values.days_or_none, "0"),
        sessions_per_person=source.take("SESSIONS_PER_PERSON", values.sessions, "20"),
        claims_not_kept=source.take("CLAIMS_NOT_KEPT", values.claims, ""),
        break_glass=source.take("BREAK_GLASS", values.flag, "0"),
        rules_need_approval=source.take("RULES_NEED_APPROVAL", values.flag, "0"),
        role_loss_people=source.take("ROLE_LOSS_PEOPLE", values.people, "100"),
        role_loss_percent=source.take("ROLE_LOSS_PERCENT", values.percent, "10"),
        rules_never_give=source.take("RULES_NEVER_GIVE", values.roles, ""),
        identities_kept=source.take("IDENTITIES_KEPT_DAYS", values.days, "400"),
        closed_accounts_kept=source.take("CLOSED_ACCOUNTS_KEPT_DAYS", values.days_or_none, "0"),
        branding=Branding(
            name=source.take("COMPANY_NAME", str, "Gatehouse"),
            logo_url=source.take("COMPANY_LOGO_URL", str, ""),
            accent=source.take("COMPANY_ACCENT", checked_colour, ""),
            help_url=source.take("HELP_URL", str, ""),
        ),
        mail_server=source.take("SMTP_URL", mail_server, ""),
        mail_from=source.take("MAIL_FROM", values.sender, ""),
        operator_email=source.take("OPERATOR_EMAIL", mail_addresses, ""),
        metrics_token=source.take("METRICS_TOKEN", values.token, ""),
        debug=source.take("DEBUG", values.flag, "0"),
    )
    source.finish()
    return result


class _Source:
    """Reads variables one by one and remembers every fault until the end."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._faults: list[str] = []
        self._known: set[str] = set()

    def take(self, name: str, parse: Callable[[str], _T], default: str | None = None) -> _T:
        full = f"GATEHOUSE_{name}"
        try:
            return parse(_given(self._text(full), default))
        except (ValueError, OSError) as error:
            self._faults.append(f"{full} {error}")
            return None  # type: ignore[return-value]  # finish() raises before anybody reads it

    def _text(self, full: str) -> str | None:
        self._known |= {full, f"{full}_FILE"}
        path = self._variables.get(f"{full}_FILE")
        if path is not None:
            if full in self._variables:
                raise ValueError(f"is set twice, here and as {full}_FILE; keep one")
            return _content(path)
        return self._variables.get(full)

    def finish(self) -> None:
        for name in self._variables.keys() - self._known:
            self._look_at(name)
        if self._faults:
            raise EnvironmentInvalid(tuple(sorted(set(self._faults))))

    def _look_at(self, name: str) -> None:
        """A name spelled almost like a setting would do nothing, without a word.

        Others are let be: what a cluster says of itself, and secrets that a file for `apply` names.
        """
        prefix, _, rest = name.partition("GATEHOUSE_")
        if prefix or _OF_A_CLUSTER.fullmatch(rest):
            return
        known = [each.removeprefix("GATEHOUSE_") for each in sorted(self._known)]
        near = get_close_matches(rest, known, n=1, cutoff=NEAR)
        near += [each for each in known if "_" in rest and each.endswith(f"_{rest}")]
        if near:
            self._faults.append(f"{name} is not a setting; did you mean GATEHOUSE_{near[0]}?")


def _content(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"_FILE is {path!r}, which cannot be read: {_why(error)}") from error


def _why(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "") if isinstance(error, OSError) else "it is no text"


def _given(text: str | None, default: str | None) -> str:
    if default is not None:
        return default if text is None else text
    if not text:
        raise ValueError("is not set; docs/operate.md says what to write")
    return text
