"""Sending a mail, to a server that speaks the real protocol: never in the clear over a network."""

import socket
import ssl
import time
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.utils import timezone

from gateway.config.mail import MailServer, Security, mail_server
from gateway.notices import mail
from gateway.notices.mail import Mail, MailNotSent, send
from tests.fakes.smtp_server import SmtpServer, smtp_server

MAIL = Mail(
    id="abc",
    sender="gatehouse@corp.example",
    to=("it@corp.example", "ops@corp.example"),
    subject="Corp: the certificate of Zürich ends",
    body="It ends.\n.\nReally.\n",
)


def at(server: SmtpServer, security: Security, **changes: str) -> MailServer:
    made = {"host": "127.0.0.1", "user": "", "password": ""} | changes
    return MailServer(port=server.port, security=security, **made)


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    """A server's certificate for 127.0.0.1, signed by itself, as `cert.pem` in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = timezone.now()
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(private)
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return found


@pytest.mark.parametrize(
    ("text", "security", "port"),
    [
        ("smtps://mail.corp.example", Security.TLS, 465),
        ("smtps://127.0.0.1:4650", Security.TLS, 4650),
        ("smtp://mail.corp.example", Security.STARTTLS, 587),
        ("smtp://mail.corp.example:25", Security.STARTTLS, 25),
        ("smtp://10.0.0.1", Security.STARTTLS, 587),
        ("smtp://localhost.evil.example", Security.STARTTLS, 587),
        ("smtp://localhost", Security.NONE, 25),
        ("smtp://127.0.0.1", Security.NONE, 25),
        ("smtp://[::1]:2525", Security.NONE, 2525),
    ],
)
def test_only_to_this_machine_itself_is_tls_not_needed(text, security, port) -> None:
    found = mail_server(text)
    assert found is not None
    assert (found.security, found.port) == (security, port)


def test_a_password_is_read_and_never_shown() -> None:
    found = mail_server("smtps://ada:a%40b%2F@mail.corp.example")
    assert found is not None
    assert (found.user, found.password) == ("ada", "a@b/")
    assert "a@b/" not in repr(found)


def test_a_mail_arrives_as_it_was_written() -> None:
    with smtp_server() as server:
        send(at(server, Security.NONE), MAIL)
    [got] = server.mails
    assert got["Subject"] == MAIL.subject
    assert got["From"] == "gatehouse@corp.example"
    assert got["To"] == "it@corp.example, ops@corp.example"
    assert got["Message-ID"] == "<abc@corp.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content_type() == "text/plain"
    assert got.get_content().replace("\r\n", "\n") == MAIL.body
    assert server.heard.count("RCPT") == 2


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_over_tls_with_user_and_password(security, context, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    offered = {"implicit": context} if security is Security.TLS else {"starttls": context}
    with smtp_server(**offered) as server:
        send(at(server, security, user="ada", password="secret"), MAIL)
    assert len(server.mails) == 1
    assert server.users == ["ada:secret"]
    assert set(server.in_clear) <= {"EHLO", "STARTTLS"}


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(security, context) -> None:
    offered = {"implicit": context} if security is Security.TLS else {"starttls": context}
    with smtp_server(**offered) as server, pytest.raises(MailNotSent, match="SSLCert"):
        send(at(server, security, user="ada", password="secret"), MAIL)
    assert (server.mails, server.users) == ([], [])


def test_a_server_of_another_name_gets_nothing(context, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with smtp_server(implicit=context) as server, pytest.raises(MailNotSent, match="SSLCert"):
        send(at(server, Security.TLS, host="localhost"), MAIL)
    assert server.mails == []


def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    with smtp_server() as server, pytest.raises(MailNotSent, match="SMTPNotSupportedError"):
        send(at(server, Security.STARTTLS, user="ada", password="secret"), MAIL)
    assert (server.mails, server.users) == ([], [])


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "AUTH"])
def test_a_no_is_told_by_its_kind_without_the_servers_words(verb) -> None:
    with smtp_server(refuse=verb) as server, pytest.raises(MailNotSent) as caught:
        send(at(server, Security.NONE, user="ada", password="secret"), MAIL)
    assert str(caught.value).startswith("SMTP")
    assert "secret" not in str(caught.value)
    assert server.mails == []


def test_a_server_that_is_away_or_silent_costs_no_more_than_its_time(monkeypatch) -> None:
    with smtp_server() as server:
        pass
    with pytest.raises(MailNotSent):
        send(at(server, Security.NONE), MAIL)
    monkeypatch.setattr(mail, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = SmtpServer(port=silent.getsockname()[1])
        began = time.monotonic()
        with pytest.raises(MailNotSent):
            send(at(mute, Security.NONE), MAIL)
    assert time.monotonic() - began < 2


def test_a_header_cannot_be_smuggled_in() -> None:
    from dataclasses import replace

    with smtp_server() as server, pytest.raises(MailNotSent):
        send(at(server, Security.NONE), replace(MAIL, subject="a\nBcc: x@evil.example"))
    assert server.mails == []
