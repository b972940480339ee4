"""What a SAML provider says, as XML: every part of it can be said otherwise, or left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
XS = "http://www.w3.org/2001/XMLSchema"
DS = "http://www.w3.org/2000/09/xmldsig#"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # noqa: S105
BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"

Prefixes = Mapping[str | None, str]


@dataclass(frozen=True, kw_only=True)
class Person:
    """`attributes` are those of one vendor's spelling; a name may come several times."""

    name_id: str
    name_id_format: str = PERSISTENT
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an AuthnRequest asked for."""

    id: str
    issuer: str
    acs_url: str
    relay_state: str
    force: bool = False


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A Response and its Assertion. None leaves a part out; a moment is a datetime or a text."""

    person: Person
    issuer: str | None
    response_issuer: str | None
    destination: str | None
    response_in_response_to: str | None
    in_response_to: str | None
    recipient: str | None
    audiences: tuple[tuple[str, ...], ...]
    issued: datetime | str | None
    response_issued: datetime | str | None
    not_before: datetime | str | None
    not_on_or_after: datetime | str | None
    delivery_from: datetime | str | None = None
    delivery_until: datetime | str | None
    authenticated: datetime | str | None
    session_ends: datetime | str | None
    session_index: str | None = "_session-1"
    method: str | None = BEARER
    version: str = "2.0"
    response_version: str = "2.0"
    status: tuple[str, ...] = (SUCCESS,)
    status_message: str | None = None
    context: str | None = PASSWORD
    declared: str | None = None  # AuthnContextDeclRef
    assertion_id: str = "_assertion-1"
    response_id: str = "_response-1"
    conditions: tuple[str, ...] = ()  # names of further conditions
    typed_values: bool = False  # each value says again that it is a text
    response_prefixes: Prefixes = field(default_factory=lambda: {"samlp": SAMLP, "saml": SAML})
    assertion_prefixes: Prefixes = field(default_factory=dict)


def spoken(asked: Asked, person: Person, *, issuer: str, now: datetime) -> Spoken:
    """What an honest provider says."""
    return Spoken(
        person=person,
        issuer=issuer,
        response_issuer=issuer,
        destination=asked.acs_url,
        response_in_response_to=asked.id,
        in_response_to=asked.id,
        recipient=asked.acs_url,
        audiences=((asked.issuer,),),
        issued=now,
        response_issued=now,
        not_before=now - timedelta(seconds=2),
        not_on_or_after=now + timedelta(seconds=58),
        delivery_until=now + timedelta(minutes=5),
        authenticated=now,
        session_ends=now + timedelta(hours=10),
    )


def response(said: Spoken) -> etree._Element:
    """Unsigned."""
    root = etree.Element(f"{{{SAMLP}}}Response", nsmap=_prefixes(said.response_prefixes))
    _set(
        root,
        ID=said.response_id,
        Version=said.response_version,
        IssueInstant=said.response_issued,
        Destination=said.destination,
        InResponseTo=said.response_in_response_to,
    )
    _text(root, SAML, "Issuer", said.response_issuer)
    status = etree.SubElement(root, f"{{{SAMLP}}}Status")
    code = status
    for value in said.status:
        code = etree.SubElement(code, f"{{{SAMLP}}}StatusCode", Value=value)
    _text(status, SAMLP, "StatusMessage", said.status_message)
    if said.status == (SUCCESS,):
        root.append(assertion(said))
    return root


def assertion(said: Spoken) -> etree._Element:
    prefixes = _prefixes(said.assertion_prefixes or {"saml": SAML})
    root = etree.Element(f"{{{SAML}}}Assertion", nsmap=prefixes)
    _set(root, ID=said.assertion_id, Version=said.version, IssueInstant=said.issued)
    _text(root, SAML, "Issuer", said.issuer)
    _subject(root, said)
    _conditions(root, said)
    statement = etree.SubElement(root, f"{{{SAML}}}AuthnStatement")
    _set(
        statement,
        AuthnInstant=said.authenticated,
        SessionIndex=said.session_index,
        SessionNotOnOrAfter=said.session_ends,
    )
    context = etree.SubElement(statement, f"{{{SAML}}}AuthnContext")
    _text(context, SAML, "AuthnContextClassRef", said.context)
    _text(context, SAML, "AuthnContextDeclRef", said.declared)
    if said.person.attributes:
        attributes = etree.SubElement(root, f"{{{SAML}}}AttributeStatement")
        for name, values in said.person.attributes:
            attribute = etree.SubElement(attributes, f"{{{SAML}}}Attribute", Name=name)
            attribute.set("NameFormat", BASIC)
            for value in values:
                attribute.append(_value(value, typed=said.typed_values))
    return root


def _prefixes(told: Prefixes) -> Any:  # noqa: ANN401 - lxml's stubs know no default namespace
    return dict(told)


def _value(text: str, *, typed: bool) -> etree._Element:
    prefixes = {"saml": SAML} | ({"xs": XS, "xsi": f"{XS}-instance"} if typed else {})
    value = etree.Element(f"{{{SAML}}}AttributeValue", nsmap=prefixes)
    value.text = text
    if typed:
        value.set(f"{{{XS}-instance}}type", "xs:string")
    return value


def _subject(root: etree._Element, said: Spoken) -> None:
    subject = etree.SubElement(root, f"{{{SAML}}}Subject")
    name_id = etree.SubElement(subject, f"{{{SAML}}}NameID")
    name_id.text = said.person.name_id
    if said.person.name_id_format:
        name_id.set("Format", said.person.name_id_format)
    confirmation = etree.SubElement(subject, f"{{{SAML}}}SubjectConfirmation")
    _set(confirmation, Method=said.method)
    data = etree.SubElement(confirmation, f"{{{SAML}}}SubjectConfirmationData")
    _set(
        data,
        InResponseTo=said.in_response_to,
        Recipient=said.recipient,
        NotBefore=said.delivery_from,
        NotOnOrAfter=said.delivery_until,
    )


def _conditions(root: etree._Element, said: Spoken) -> None:
    conditions = etree.SubElement(root, f"{{{SAML}}}Conditions")
    _set(conditions, NotBefore=said.not_before, NotOnOrAfter=said.not_on_or_after)
    for audiences in said.audiences:
        restriction = etree.SubElement(conditions, f"{{{SAML}}}AudienceRestriction")
        for audience in audiences:
            _text(restriction, SAML, "Audience", audience)
    for name in said.conditions:
        etree.SubElement(conditions, f"{{{SAML}}}{name}")


def logout_response(
    *, issuer: str, destination: str | None, in_response_to: str, status: str, now: datetime
) -> etree._Element:
    """Unsigned."""
    root = etree.Element(f"{{{SAMLP}}}LogoutResponse", nsmap={"samlp": SAMLP, "saml": SAML})
    _set(
        root,
        ID="_logout-response-1",
        Version="2.0",
        IssueInstant=now,
        Destination=destination,
        InResponseTo=in_response_to,
    )
    _text(root, SAML, "Issuer", issuer)
    code = etree.SubElement(root, f"{{{SAMLP}}}Status")
    etree.SubElement(code, f"{{{SAMLP}}}StatusCode", Value=status)
    return root


def _set(element: etree._Element, **values: datetime | str | None) -> None:
    for name, value in values.items():
        if isinstance(value, datetime):
            element.set(name, f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z")
        elif value is not None:
            element.set(name, value)


def _text(parent: etree._Element, namespace: str, name: str, text: str | None) -> None:
    if text is not None:
        etree.SubElement(parent, f"{{{namespace}}}{name}").text = text
