"""LDAP and Active Directory, read-only.

People come in pages (RFC 2696), whose cookie is the connection's: a reading that is cut off begins
anew, which changes nothing twice. LDAP tells no news of who was deleted or left a group, so
everybody is read each time.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import ldap3
from ldap3.core.exceptions import (
    LDAPAdminLimitExceededResult,
    LDAPException,
    LDAPInvalidFilterError,
    LDAPNoSuchObjectResult,
    LDAPOperationResult,
    LDAPSizeLimitExceededResult,
)
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import parse_dn

from provisioning.directories.errors import (
    DirectoryAnswerInvalid,
    DirectoryMisconfigured,
    DirectoryRefused,
    DirectoryUnreachable,
)
from provisioning.directories.readers.ldap_connection import (
    ANSWER_SECONDS,
    LATER,
    connected,
    short,
)
from provisioning.directories.settings import Settings
from provisioning.directories.source import Members, Page, Person, Reading

PAGE: Final = 500
_PAGED = "1.2.840.113556.1.4.319"
_INTEGER = re.compile(r"-?[0-9]{1,10}", re.ASCII)  # MS-ADTS 3.1.1.3.1.1: of 32 bits
_DISABLED = 0x2  # of userAccountControl, ADS_UF_ACCOUNTDISABLE


class LdapSource:
    def __init__(self, settings: Settings, password: str) -> None:
        self._settings, self._password = settings, password
        self._connection: ldap3.Connection | None = None
        self._cookie: bytes | None = None  # of the search that the connection is in

    def read(self, reading: Reading) -> Page:
        """`reading.after` says which page; one that this connection did not begin is begun anew."""
        stage = str(reading.after.get("stage", ""))
        if not stage or self._cookie is None:
            stage, self._cookie = self._first_stage(stage), b""
        if stage == "groups":
            return self._groups()
        return self._people()

    def find(self, subject: str) -> bool:
        """By her subject, whatever she is called now."""
        name = self._settings["subject_attribute"]
        wanted = f"(&{self._settings['people_filter']}({name}={_asserted(name, subject)}))"
        found = self._searched(
            self._settings["people_base"], wanted, self._of_people(), paged=False
        )
        return any(person.active and person.subject == subject for person in self._told(found))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.unbind()
            self._connection = None

    def _first_stage(self, stage: str) -> str:
        """People whose groups were read already are begun anew alone."""
        by_search = self._settings["groups_from"] == "search"
        return "people" if stage == "people" or not by_search else "groups"

    def _groups(self) -> Page:
        base = self._settings["groups_base"]
        if not base:
            raise DirectoryMisconfigured("groups_base", "must be filled in to search for groups")
        wanted = ("cn", "member", "uniqueMember")
        found = self._searched(base, self._settings["groups_filter"], wanted, paged=True)
        members = tuple(
            Members(group=self._group(each.dn), keys=tuple(map(_key, keys)))
            for each in found
            if (keys := [*each.texts("member"), *each.texts("uniqueMember")])
        )
        stage = "groups" if self._cookie else "people"
        if not self._cookie:
            self._cookie = b""
        return Page(members=members, after={"stage": stage})

    def _people(self) -> Page:
        base, wanted = self._settings["people_base"], self._settings["people_filter"]
        found = self._searched(base, wanted, self._of_people(), paged=True)
        people = tuple(self._told(found))
        if self._cookie:
            return Page(people=people, after={"stage": "people"})
        self._cookie = None
        return Page(people=people)

    def _of_people(self) -> tuple[str, ...]:
        own = (self._settings["subject_attribute"], self._settings["username_attribute"])
        shown = ("displayName", "cn", "mail", "userAccountControl", "nsAccountLock")
        groups = ("memberOf",) if self._settings["groups_from"] == "memberOf" else ()
        return tuple(dict.fromkeys((*own, *shown, *groups)))

    def _told(self, found: "Iterable[_Entry]") -> Iterable[Person]:
        """Without those who have no subject: nobody could ever sign in as one of them."""
        for each in found:
            subject = each.identifier(self._settings["subject_attribute"])
            if not subject:
                continue
            yield Person(
                key=_key(each.dn),
                subject=subject,
                active=each.is_active,
                username=each.text(self._settings["username_attribute"]),
                name=each.text("displayName") or each.text("cn"),
                email=each.text("mail"),
                email_verified=False,
                groups=tuple(self._group(dn) for dn in each.texts("memberOf")),
            )

    def _group(self, dn: str) -> str:
        if self._settings["group_names"] == "dn":
            return dn
        try:
            return str(parse_dn(dn)[0][1])
        except (LDAPException, IndexError) as error:
            raise DirectoryAnswerInvalid("a group whose name cannot be read") from error

    def _searched(
        self, base: str, wanted: str, attributes: tuple[str, ...], *, paged: bool
    ) -> "list[_Entry]":
        connection = self._connected()
        paging = {"paged_size": PAGE, "paged_cookie": self._cookie or None} if paged else {}
        try:
            connection.search(
                base,
                wanted,
                attributes=list(attributes),
                time_limit=ANSWER_SECONDS,
                **paging,
            )
        except LDAPInvalidFilterError as error:
            raise DirectoryMisconfigured("people_filter", "is no filter of LDAP") from error
        except LDAPNoSuchObjectResult as error:
            raise DirectoryMisconfigured("people_base", f"there is no {base}") from error
        except LATER as error:
            raise DirectoryUnreachable(short(error)) from error
        except (LDAPSizeLimitExceededResult, LDAPAdminLimitExceededResult) as error:
            problem = f"it gives its reader fewer than {PAGE} people a page, or not all of them"
            raise DirectoryRefused(
                f"{problem}: raise the reader's limits ({short(error)})"
            ) from error
        except LDAPOperationResult as error:
            raise DirectoryRefused(short(error)) from error
        except (LDAPException, OSError) as error:
            raise DirectoryUnreachable(short(error)) from error
        if paged:
            self._cookie = _cookie(connection.result)
        entries = [each for each in connection.response or () if each["type"] == "searchResEntry"]
        return [_Entry(dn=each["dn"], raw=_lowered(each["raw_attributes"])) for each in entries]

    def _connected(self) -> ldap3.Connection:
        if self._connection is None:
            self._connection = connected(self._settings, self._password)
        return self._connection


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """Attributes by names in lower case, as bytes."""

    dn: str
    raw: Mapping[str, list[bytes]]

    def texts(self, name: str) -> list[str]:
        return [value.decode(errors="replace") for value in self.raw.get(name.lower(), ())]

    def text(self, name: str) -> str:
        return next(iter(self.texts(name)), "")

    def identifier(self, name: str) -> str:
        """Active Directory's objectGUID is sixteen bytes, written as people write a GUID."""
        values = self.raw.get(name.lower(), [])
        if name.lower() == "objectguid" and values:
            return str(uuid.UUID(bytes_le=values[0])) if len(values[0]) == 16 else ""  # noqa: PLR2004
        return self.text(name)

    @property
    def is_active(self) -> bool:
        control = self.text("userAccountControl")
        if control and not _INTEGER.fullmatch(control):  # nobody can say that she is not disabled
            raise DirectoryAnswerInvalid("a userAccountControl that is no number of 32 bits")
        if control and int(control) & _DISABLED:
            return False
        return self.text("nsAccountLock").lower() != "true"  # of 389 Directory Server


def _asserted(name: str, subject: str) -> str:
    """A value as it may stand in a filter (RFC 4515, 3)."""
    if name.lower() == "objectguid":
        try:
            return "".join(f"\\{byte:02x}" for byte in uuid.UUID(subject).bytes_le)
        except ValueError:
            pass
    return str(escape_filter_chars(subject))


def _key(dn: str) -> str:
    """DNs of one entry may be spelled in several ways, that of a group's member in another."""
    return ",".join(part.strip() for part in dn.lower().split(","))


def _cookie(result: Mapping[str, Any]) -> bytes:
    return bytes(result.get("controls", {}).get(_PAGED, {}).get("value", {}).get("cookie") or b"")


def _lowered(raw: Mapping[str, list[bytes]]) -> dict[str, list[bytes]]:
    """Active Directory gives long lists in parts (MS-ADTS 3.1.1.3.1.3.3): half a list is refused,
    for who is not on it would lose a group.
    """
    if any(";range=" in name.lower() for name in raw):
        raise DirectoryAnswerInvalid("a list that is too long for one answer: use memberOf")
    return {name.lower(): values for name, values in raw.items()}
