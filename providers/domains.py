"""The domains of e-mail addresses, as they are compared, and those that are nobody's own."""

import re

import idna

MAX_DOMAIN = 253  # characters in DNS, RFC 1035, 2.3.4
MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1.3 (with the angle brackets that count there)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

# Where anybody may have an address: no provider can speak for all of them.
_FREE_MAIL = (
    "aol.com gmail.com googlemail.com gmx.at gmx.ch gmx.com gmx.de gmx.net hey.com hotmail.co.uk "
    "hotmail.com hotmail.de hotmail.fr icloud.com laposte.net libero.it live.com mac.com mail.com "
    "mail.ru me.com msn.com naver.com orange.fr outlook.com outlook.de outlook.fr pm.me proton.me "
    "protonmail.com qq.com t-online.de tuta.com tutanota.com web.de yahoo.co.jp yahoo.co.uk "
    "yahoo.com yahoo.de yahoo.fr yandex.com yandex.ru ymail.com zoho.com 126.com 163.com"
)
# Below these anybody may have a domain; of those of one label no list is needed.
_PUBLIC_SUFFIXES = (
    "ac.at ac.jp ac.nz ac.uk co.at co.id co.il co.in co.jp co.ke co.kr co.nz co.th co.uk co.za "
    "com.ar com.au com.bd com.br com.cn com.co com.eg com.es com.hk com.mx com.my com.ng com.pe "
    "com.ph com.pk com.pl com.sa com.sg com.tr com.tw com.ua com.vn edu.au edu.cn gov.au gov.br "
    "gov.in gov.uk ltd.uk me.uk ne.jp net.au net.br net.cn net.nz net.uk nhs.uk or.at or.jp or.kr "
    "org.au org.br org.cn org.nz org.uk org.za plc.uk sch.uk"
)
FREE_MAIL = frozenset(_FREE_MAIL.split())
PUBLIC_SUFFIXES = frozenset(_PUBLIC_SUFFIXES.split())


class DomainInvalid(Exception):
    """Why this can be nobody's own domain, as it is to be told: `is ...`."""


def normalised(text: str) -> str:
    """The domain in lower-case ASCII (IDNA 2008 after the mapping of UTS 46), without the dot at
    its end. Two spellings of one domain are the same text, and look-alikes are not.

    Raises DomainInvalid for what is no domain that mail goes to: an address, one label, numbers.
    """
    if len(text) > MAX_DOMAIN:
        raise DomainInvalid("is longer than a domain can be")
    try:
        name = idna.encode(text.strip().removesuffix("."), uts46=True, transitional=False).decode()
    except idna.IDNAError as error:
        raise DomainInvalid("is no domain; write corp.example") from error
    name, labels = name.lower(), name.lower().split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or len(name) > MAX_DOMAIN:
        raise DomainInvalid("is no domain; write corp.example")
    if len(labels) < 2 or labels[-1].isdigit():  # noqa: PLR2004
        raise DomainInvalid("is no domain of its own; write corp.example")
    return name


def ownable(text: str) -> str:
    """The normalised domain, if a provider may have it. Raises DomainInvalid."""
    domain = normalised(text)
    if domain in FREE_MAIL:
        raise DomainInvalid("is where anybody may have an address; no provider speaks for them")
    if domain in PUBLIC_SUFFIXES:
        raise DomainInvalid("is where anybody may have a domain; write the company's own below it")
    return domain


def domain_of(address: str) -> str:
    """The normalised domain of an e-mail address; empty for what is none."""
    local, _, domain = address.strip().rpartition("@")
    if not local or len(address) > MAX_ADDRESS or not address.isprintable():
        return ""
    try:
        return normalised(domain)
    except DomainInvalid:
        return ""


def readable(domain: str) -> str:
    """As people write it, where that differs: `bücher.example (xn--bcher-kva.example)`. The ASCII
    always stands with it, for letters of other scripts look alike.
    """
    if "xn--" not in domain:
        return domain
    try:
        return f"{idna.decode(domain)} ({domain})"
    except idna.IDNAError:
        return domain
