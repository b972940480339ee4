"""A mail server (RFC 5321) that keeps what it is given, and that can be at odds with its client."""

import base64
import contextlib
import email
import email.policy
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import Any

from gateway.config.mail import MailServer, Security


@dataclass
class SmtpServer:
    port: int = 0
    starttls: ssl.SSLContext | None = None  # offered if there is one
    implicit: ssl.SSLContext | None = None
    refuse: str = ""  # the verb to which it says no
    mails: list[EmailMessage] = field(default_factory=list)
    users: list[str] = field(default_factory=list)  # `user:password` as given
    heard: list[str] = field(default_factory=list)  # verbs
    in_clear: list[str] = field(default_factory=list)  # verbs before TLS


class _Handler(socketserver.StreamRequestHandler):
    smtp: SmtpServer
    secure = False

    def handle(self) -> None:
        self.smtp = self.server.smtp  # type: ignore[attr-defined]
        with contextlib.suppress(OSError, ValueError):  # the client gave up
            if self.smtp.implicit is not None:
                self.wrap(self.smtp.implicit)
            self.say("220 mail.corp.example")
            while (line := self.rfile.readline().decode().strip()) and self.answer(line):
                pass
        self.rfile.close()
        self.request.close()

    def wrap(self, context: ssl.SSLContext) -> None:
        self.rfile.close()
        self.request = context.wrap_socket(self.request, server_side=True)
        self.rfile, self.secure = self.request.makefile("rb"), True

    def say(self, *lines: str) -> None:
        self.request.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def answer(self, line: str) -> bool:
        """Whether the conversation goes on."""
        verb, _, rest = line.partition(" ")
        self.smtp.heard.append(verb.upper())
        if not self.secure:
            self.smtp.in_clear.append(verb.upper())
        if verb.upper() == self.smtp.refuse:
            self.say("554 no, says mail.corp.example to secret")
        else:
            getattr(self, f"on_{verb.lower()}", self.on_other)(rest)
        return verb.upper() != "QUIT"

    def on_ehlo(self, _rest: str) -> None:
        offered = self.smtp.starttls is not None and not self.secure
        self.say("250-mail.corp.example", *(["250-STARTTLS"] if offered else []), "250 AUTH PLAIN")

    def on_starttls(self, _rest: str) -> None:
        self.say("220 go")
        assert self.smtp.starttls is not None
        self.wrap(self.smtp.starttls)

    def on_auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
        self.smtp.users.append(f"{user}:{password}")
        self.say("235 hello")

    def on_data(self, _rest: str) -> None:
        self.say("354 go on")
        self.smtp.mails.append(self.mail())
        self.say("250 kept")

    def on_other(self, _rest: str) -> None:
        self.say("250 fine")

    def mail(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        return email.message_from_bytes(b"".join(lines), policy=email.policy.default)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    smtp: SmtpServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is no news."""


@contextmanager
def smtp_server(**options: ssl.SSLContext | str | None) -> Iterator[SmtpServer]:
    smtp = SmtpServer(**options)  # type: ignore[arg-type]
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.smtp, smtp.port = smtp, server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield smtp
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def mailing(settings: Any, **more: Any) -> Iterator[SmtpServer]:
    """The operator's mail server, named in the configuration, with whatever else that is to say."""
    with smtp_server() as server:
        way = MailServer(
            host="127.0.0.1", port=server.port, security=Security.NONE, user="", password=""
        )
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, mail_server=way, **more)
        yield server
