"""Sending one mail to the operator."""

from contextlib import closing
from dataclasses import dataclass
from smtplib import SMTPException
from typing import ClassVar

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from gateway.config.mail import MailServer, Security

SECONDS = 10.0  # of each step of the conversation


class MailNotSent(Exception):
    """The text is the name of what went wrong; a server's own words may repeat anything."""

    code: ClassVar[str] = "mail.not-sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Plain text. `id` is the same whenever the same is sent, so that a reader shows it once."""

    id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    body: str


def send(server: MailServer, mail: Mail) -> None:
    """Raises MailNotSent: then nothing was sent, as far as one can know."""
    way = EmailBackend(
        host=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.security is Security.STARTTLS,
        use_ssl=server.security is Security.TLS,
        timeout=SECONDS,
    )
    message = EmailMessage(
        subject=mail.subject,
        body=mail.body,
        from_email=mail.sender,
        to=list(mail.to),
        connection=way,
        headers={
            "Message-ID": f"<{mail.id}@{mail.sender.rpartition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        with closing(way):  # also where it was refused half-way
            message.send()
    except (SMTPException, OSError, ValueError) as error:
        raise MailNotSent(type(error).__name__) from error
