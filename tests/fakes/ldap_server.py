"""A real OpenLDAP server of a small company, with what tests need of Active Directory's schema."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import ldap3

from tests.fakes.authority import Authority

SLAPD = "/usr/sbin/slapd"
BASE, ROOT, PASSWORD = "dc=corp,dc=example", "cn=root,dc=corp,dc=example", "correct horse"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
READER, READERS_PASSWORD = f"cn=gatehouse,{BASE}", "read only battery"
_CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.55555.1 NAME 'userAccountControl'
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.55555.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.55555.3 NAME 'windowsPerson' AUXILIARY
  MAY ( userAccountControl $ objectGUID ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {home}/slapd.pid
TLSCertificateFile {home}/certificate.pem
TLSCertificateKeyFile {home}/key.pem
sizelimit size.soft=50 size.hard=50 size.pr=unlimited size.prtotal=unlimited
database mdb
maxsize 104857600
suffix {base}
rootdn {root}
rootpw "{password}"
directory {home}/data
index objectClass,uid,entryUUID eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact={reader} read by * none
overlay memberof
memberof-refint true
"""


class LdapServer:
    """`name` is what its certificate says it is."""

    def __init__(self, home: Path, authority: Authority, name: str) -> None:
        self.authority, self.name = authority, name
        self.plain, self.tls = _free_ports()
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        certificate, key = authority.issue(name)
        (home / "certificate.pem").write_text(certificate)
        (home / "key.pem").write_text(key)
        (home / "data").mkdir()
        (home / "slapd.conf").write_text(
            _CONFIG.format(home=home, base=BASE, root=ROOT, password=PASSWORD, reader=READER)
        )

    @property
    def ldaps(self) -> str:
        return f"ldaps://{self.name}:{self.tls}"

    @property
    def ldap(self) -> str:
        return f"ldap://{self.name}:{self.plain}"

    def start(self) -> None:
        listen = f"ldap://127.0.0.1:{self.plain} ldaps://127.0.0.1:{self.tls}"
        self._process = subprocess.Popen(
            [SLAPD, "-d", "0", "-f", str(self._home / "slapd.conf"), "-h", listen],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(400):
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.tls), timeout=1),
            ):
                return
            time.sleep(0.02)
        raise RuntimeError("slapd does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

    @contextlib.contextmanager
    def admin(self) -> Iterator[ldap3.Connection]:
        server = ldap3.Server("127.0.0.1", port=self.plain, get_info=ldap3.NONE)
        connection = ldap3.Connection(
            server, ROOT, PASSWORD, auto_bind=True, raise_exceptions=True, check_names=False
        )
        try:
            yield connection
        finally:
            connection.unbind()

    def fill(self) -> None:
        with self.admin() as admin:
            admin.add(BASE, ["dcObject", "organization"], {"o": "Corp", "dc": "corp"})
            for unit in (PEOPLE, GROUPS):
                admin.add(unit, "organizationalUnit")
            reader = {"userPassword": READERS_PASSWORD, "sn": "gatehouse"}
            admin.add(READER, "person", reader)

    def add(self, *uids: str, **more: object) -> None:
        with self.admin() as admin:
            for uid in uids:
                admin.add(
                    person_dn(uid),
                    ["inetOrgPerson", "windowsPerson"],
                    {
                        "sn": "Example",
                        "cn": f"{uid.title()} Example",
                        "mail": f"{uid}@corp.example",
                        "objectGUID": uuid.uuid5(uuid.NAMESPACE_DNS, uid).bytes_le,
                        "userAccountControl": "512",
                        **more,
                    },
                )

    def group(self, name: str, *uids: str) -> None:
        """With exactly these members; a group of this kind has at least one."""
        dn, members = group_dn(name), [person_dn(uid) for uid in uids] or [READER]
        with self.admin() as admin:
            admin.search(GROUPS, f"(cn={name})", attributes=[])
            if admin.entries:
                admin.modify(dn, {"member": [(ldap3.MODIFY_REPLACE, members)]})
            else:
                admin.add(dn, "groupOfNames", {"member": members})

    def change(self, uid: str, **fields: str) -> None:
        changes = {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in fields.items()}
        with self.admin() as admin:
            admin.modify(person_dn(uid), changes)

    def remove(self, *uids: str) -> None:
        with self.admin() as admin:
            for uid in uids:
                admin.delete(person_dn(uid))

    def subject(self, uid: str) -> str:
        """Her entryUUID."""
        with self.admin() as admin:
            admin.search(PEOPLE, f"(uid={uid})", attributes=["entryUUID"])
            return str(admin.entries[0].entryUUID.value).strip("{}")


def person_dn(uid: str) -> str:
    return f"uid={uid},{PEOPLE}"


def group_dn(name: str) -> str:
    return f"cn={name},{GROUPS}"


@contextlib.contextmanager
def ldap_server(name: str = "localhost") -> Iterator[LdapServer]:
    home = Path(tempfile.mkdtemp(prefix="gatehouse-ldap-"))
    server = LdapServer(home, Authority(), name)
    server.start()
    try:
        server.fill()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])
