"""The mail to the operator when somebody says that it was not her who signed in."""

from collections.abc import Callable
from typing import TypeAlias

from gateway import wiring
from gateway.departures.models import Notice
from gateway.notices.mail import Mail, send

Sent: TypeAlias = Callable[[], None]


def may_mail() -> bool:
    config = wiring.config()
    return config.mail_server is not None and bool(config.operator_email)


def not_me_mail(notice: Notice) -> Sent:
    """Sends it when called: raises MailNotSent. Without a mail server by now nothing is sent."""
    config, departure = wiring.config(), notice.departure
    server, account = config.mail_server, departure.account
    mail = Mail(
        id=notice.jti.hex,
        sender=config.sends_as,
        to=config.operator_email,
        subject=f"{config.branding.name}: {account.username} says that somebody else signed in",
        body=f"{account.username} pressed “This was not me” at {departure.at:%Y-%m-%d %H:%M} UTC.\n"
        f"{departure.sessions} sessions and all API tokens of this account have ended. The account"
        " is still open: whoever has the password can sign in again.\n\n"
        "Call this person on a number that you know. If in doubt, close the account:\n"
        f"{config.base_url}/admin/provisioning/account/{account.pk}/change/\n",
    )
    return lambda: None if server is None else send(server, mail)
