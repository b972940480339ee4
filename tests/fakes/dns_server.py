"""A small DNS server that really answers, over UDP and TCP, for the names that it is given.

`texts` holds TXT records by name; `aliases` CNAMEs. A name of neither is NXDOMAIN. `silent` answers
nothing, `broken` SERVFAIL, `truncates` says over UDP that TCP is to be asked.
"""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class DnsServer:
    address: tuple[str, int] = ("", 0)
    texts: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    broken: bool = False
    truncates: bool = False
    asked: list[str] = field(default_factory=list)  # "udp _gatehouse.corp.example TXT"

    def answer(self, wire: bytes, over: str) -> bytes:
        """The answer to one question; empty for none."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{over} {question.name.to_text(omit_final_dot=True)} {kind}")
        if self.silent:
            return b""
        response = dns.message.make_response(query, recursion_available=True)
        if self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif self.truncates and over == "udp":
            response.flags |= dns.flags.TC
        else:
            self._fill(response, question.name)
        return response.to_wire()

    def _fill(self, response: dns.message.Message, name: dns.name.Name) -> None:
        known = name.to_text(omit_final_dot=True).lower()
        if known in self.aliases:
            target = self.aliases[known]
            alias = dns.rrset.from_text(name, 60, "IN", "CNAME", f"{target}.")
            response.answer.append(alias)
            name, known = dns.name.from_text(f"{target}."), target
        if known not in self.texts:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif self.texts[known]:
            quoted = [_quoted(text) for text in self.texts[known]]
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *quoted))


def _quoted(text: str) -> str:
    """As character strings of 255 bytes at most (RFC 1035, 3.3)."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


@contextmanager
def dns_server() -> Iterator[DnsServer]:
    """One that runs on a free port of the loopback, the same for UDP and TCP."""
    server = DnsServer()

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, sock = self.request
            if answer := server.answer(wire, "udp"):
                sock.sendto(answer, self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = int.from_bytes(self.rfile.read(2), "big")
            if answer := server.answer(self.rfile.read(length), "tcp"):
                self.wfile.write(len(answer).to_bytes(2, "big") + answer)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server.address = probe.getsockname()
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with (
        socketserver.ThreadingUDPServer(server.address, Udp) as udp,
        socketserver.ThreadingTCPServer(server.address, Tcp) as tcp,
    ):
        udp.max_packet_size = 4096
        threads = [
            threading.Thread(target=each.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            for each in (udp, tcp)
        ]
        for thread in threads:
            thread.start()
        yield server
        for each in (udp, tcp):
            each.shutdown()
        for thread in threads:
            thread.join()
