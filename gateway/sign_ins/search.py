"""Which sessions: by person, provider, app, role, address and time; each narrows what is found."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from gateway.sign_ins.models import Entered, SignIn
from provisioning.models import Account

LOCAL = "-"  # no slug of a provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Nothing said finds everything."""

    person: str = ""  # part of a name, username or e-mail address; or an account's id
    username: str = ""  # whole
    provider: str = ""  # slug; LOCAL for sessions of no provider
    app: str = ""  # slug of one that was entered
    role: str = ""  # that the person has now
    address: str = ""  # an IP address, whole
    before: datetime | None = None  # begun earlier
    session: str = ""  # a handle, whole

    def rows(self) -> QuerySet[SignIn]:
        """Alive or not."""
        whole = {
            "account__username": self.username,
            "handle": self.session,
            "started_at__lt": self.before,
        }
        rows = SignIn.objects.filter(**{name: value for name, value in whole.items() if value})
        if self.person:
            rows = rows.filter(account__in=_people(self.person))
        if self.provider:
            rows = rows.filter(provider="" if self.provider == LOCAL else self.provider)
        if self.app:
            entered = Entered.objects.filter(sign_in=OuterRef("pk"), relying_party=self.app)
            rows = rows.filter(Exists(entered))
        if self.role:
            rows = rows.filter(account__in=Account.objects.filter(groups__name=self.role))
        if self.address:
            found = _address(self.address)
            rows = rows.filter(address=found) if found else rows.none()
        return rows

    def live(self) -> QuerySet[SignIn]:
        """As far as is known: what nobody used any more is noticed within a minute."""
        return self.rows().filter(ended_at__isnull=True)


def _people(text: str) -> QuerySet[Account]:
    try:
        return Account.objects.filter(pk=UUID(text))
    except ValueError:
        said = Q(username__icontains=text) | Q(name__icontains=text) | Q(email__icontains=text)
        return Account.objects.filter(said)


def _address(text: str) -> str:
    """As it is kept; empty for what is none."""
    try:
        return str(ip_address(text)).partition("%")[0]
    except ValueError:
        return ""
