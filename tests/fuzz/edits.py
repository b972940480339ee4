"""Edits of an honest message, as plain JSON: drawn by hypothesis, kept in the corpus, replayed.

An edit is a list: what to do, where (numbers are taken modulo what there is), and with what. The
same edits make the same message of every run's own keys.
"""

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, TypeAlias

from hypothesis import strategies as st
from lxml import etree

Edit: TypeAlias = list[Any]
Pairs: TypeAlias = list[list[Any]]  # of a JSON object, in which a name may come twice

AT = st.integers(min_value=0, max_value=9_999)
_UNLAWFUL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

PIECES = (
    *(
        "<!-- -->",
        "<![CDATA[x]]>",
        "<?x y?>",
        "&#13;",
        "&lt;",
        "&x;",
        '<!DOCTYPE x [<!ENTITY x "y">]>',
    ),
    *(
        " ",
        "\t",
        "\n",
        "\r\n",
        "\x00",
        "\ufeff",
        "\u202e",
        "\u212a",
        "x",
        "=",
        "==",
        "&",
        "%00",
        "%",
    ),
    *('xmlns:z="z" ', 'xmlns="" ', 'ID="_x" ', 'Id="_x" ', "G-dora", "dora", "{", "}", "[", '"'),
    *(".", "..", "e30", "null", "-1", "1e999", "9" * 30, "A" * 300, "é", "/", "\\", "'", ",", ":"),
)
BYTES = st.one_of(
    st.tuples(st.just("put"), AT, st.sampled_from(PIECES)),
    st.tuples(st.just("put"), AT, st.text(max_size=8)),
    st.tuples(st.just("flip"), AT, st.integers(1, 255)),
    st.tuples(st.just("cut"), AT, st.integers(1, 400)),
    st.tuples(st.just("again"), AT, st.integers(1, 400), st.integers(1, 20)),
).map(list)

DSIG = "http://www.w3.org/2000/09/xmldsig#"
TEXTS = (
    *("", " ", "G-dora", "dora", "#", "_x", "true", "1", "2.0", "2.1", "x" * 2_000),
    *("urn:oasis:names:tc:SAML:2.0:nameid-format:emailAddress", "https://evil.example"),
    *(
        "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key",
        "urn:oasis:names:tc:SAML:2.0:status:Responder",
    ),
    *(
        "2026-11-23T09:00:00Z",
        "2026-11-23T09:00:00",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
    ),
    *("P99999999999Y", "-P1D", "PT1S", "PT" + "9" * 30 + "S", "0001-01-01T00:00:00+14:00"),
    *(f"{DSIG}enveloped-signature", f"{DSIG}base64", f"{DSIG}hmac-sha1", f"{DSIG}rsa-sha1"),
    *("http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/2001/10/xml-exc-c14n#"),
    *("MIIB", "AAAA", "=", "A" * 64, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"),
)
NAMES = (
    *("ID", "Id", "id", "URI", "Algorithm", "Version", "IssueInstant", "Destination", "Recipient"),
    *("InResponseTo", "NotOnOrAfter", "NotBefore", "Method", "Format", "NameQualifier", "Name"),
    *("SPNameQualifier", "SessionIndex", "SessionNotOnOrAfter", "AuthnInstant", "Value", "use"),
    *("entityID", "Location", "Binding", "validUntil", "cacheDuration", "PrefixList", "Reason"),
    *("protocolSupportEnumeration", "ResponseLocation", "{urn:x}ID", "{urn:y}Format"),
)
TAGS = (
    f"{{{DSIG}}}Signature",
    f"{{{DSIG}}}Object",
    "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion",
    "{urn:oasis:names:tc:SAML:2.0:assertion}EncryptedAssertion",
    "{urn:oasis:names:tc:SAML:2.0:assertion}EncryptedID",
    "{urn:oasis:names:tc:SAML:2.0:assertion}BaseID",
    "{urn:oasis:names:tc:SAML:2.0:assertion}Advice",
    "{urn:oasis:names:tc:SAML:2.0:protocol}Extensions",
    "{urn:oasis:names:tc:SAML:2.0:metadata}EntityDescriptor",
    "{urn:x}y",
)
WORDS = st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
TREE = st.one_of(
    st.tuples(st.sampled_from(["move", "copy"]), AT, AT, AT),
    st.tuples(st.just("drop"), AT),
    st.tuples(st.just("tag"), AT, st.sampled_from(TAGS)),
    st.tuples(st.just("tag-of"), AT, AT),
    st.tuples(st.just("attribute"), AT, st.sampled_from(NAMES), WORDS),
    st.tuples(st.just("bare"), AT, AT),
    st.tuples(st.sampled_from(["text", "tail"]), AT, WORDS),
    st.tuples(st.sampled_from(["text-of", "attributes-of"]), AT, AT),
    st.tuples(st.sampled_from(["comment", "instruction", "wrap"]), AT, AT),
).map(list)

CLAIMS = (
    *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "at_hash", "acr", "amr"),
    *("auth_time", "sid", "events", "email", "email_verified", "name", "preferred_username"),
    *("groups", "roles", "realm_access", "resource_access", "_claim_names", "_claim_sources"),
    *(
        "tid",
        "oid",
        "hd",
        "session_expiry",
        "alg",
        "kid",
        "typ",
        "crit",
        "b64",
        "jwk",
        "jku",
        "x5c",
    ),
    *("keys", "kty", "n", "e", "crv", "x", "y", "use", "key_ops", "k", "d", "issuer", "given_name"),
    *("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "xms_edov"),
    *("end_session_endpoint", "mtls_endpoint_aliases", "require_pushed_authorization_requests"),
    *("pushed_authorization_request_endpoint", "authorization_response_iss_parameter_supported"),
    *(
        "",
        "__proto__",
        "\u0000",
        "ſub",
        "Sub",
        "sub ",
        "http://schemas.openid.net/event/backchannel-logout",
    ),
)
RAW = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-0", "1E+2", "9" * 4_300, "9" * 5_000, "0.1e-999"),
    *('"\\ud800"', '"\\u0000"', '"\\uD83D\\uDE00"', "[" * 2_000, "[" * 500 + "]" * 500, "tru", ""),
    *('{"a":1,"a":2}', '"' + "x" * 5_000 + '"', "[" + "1," * 3_000 + "1]", "01", "'x'", "\u2028"),
)
SAID = (
    *("dora-0004", "gatehouse", "none", "HS256", "RS256", "ES256", "EdDSA", "rsa-1", "ec-1", "JWT"),
    *(
        "at+jwt",
        "logout+jwt",
        "https://evil.example",
        "http://127.0.0.1/",
        "javascript:x",
        "AQAB",
        "AA",
    ),
    *(1_795_424_400, 1_795_424_400.5, 1e15, -1e20, 2**63, 2**64, 10**400, True, None, "true", "1"),
)
VALUES = st.one_of(
    st.sampled_from(SAID),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=12)
        | st.sampled_from(SAID),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(CLAIMS) | st.text(max_size=6), inner, max_size=4)
        ),
        max_leaves=6,
    ),
)
OBJECT = st.one_of(
    st.tuples(st.sampled_from(["set", "twice"]), AT, VALUES),
    st.tuples(st.just("add"), st.sampled_from(CLAIMS), VALUES),
    st.tuples(st.just("drop"), AT),
    st.tuples(st.just("rename"), AT, st.sampled_from(CLAIMS)),
    st.tuples(st.just("raw"), AT, st.sampled_from(RAW)),
    st.tuples(st.just("listed"), AT),
).map(list)


def edited_bytes(data: bytes, edits: Sequence[Edit]) -> bytes:
    for kind, at, *rest in edits:
        place = at % (len(data) + 1)
        head, tail = data[:place], data[place:]
        if kind == "put":
            data = head + rest[0].encode(errors="surrogatepass") + tail
        elif kind == "flip" and tail:
            data = head + bytes([tail[0] ^ rest[0]]) + tail[1:]
        elif kind == "cut":
            data = head + tail[rest[0] :]
        elif kind == "again":
            data = head + tail[: rest[0]] * rest[1] + tail
    return data


def edited_tree(root: etree._Element, edits: Sequence[Edit]) -> etree._Element:
    """A copy, with the edits that are possible in it."""
    root = deepcopy(root)
    for kind, at, *rest in edits:
        nodes = [node for node in root.iter() if isinstance(node.tag, str)]
        node = nodes[at % len(nodes)]
        other = nodes[rest[0] % len(nodes)] if rest and isinstance(rest[0], int) else node
        _edit_node(kind, node, other, rest)
    return root


def _edit_node(kind: str, node: etree._Element, other: etree._Element, rest: list[Any]) -> None:  # noqa: C901
    parent = node.getparent()
    if kind in ("move", "copy"):
        moved = deepcopy(node) if kind == "copy" else node
        if moved is node and (parent is None or node in other.iterancestors() or other is node):
            return
        other.insert(rest[1] % (len(other) + 1), moved)
    elif kind == "drop" and parent is not None:
        parent.remove(node)
    elif kind == "tag":
        node.tag = rest[0]
    elif kind == "tag-of":
        node.tag = other.tag
    elif kind == "attribute":
        node.set(rest[0], lawful(rest[1]))
    elif kind == "bare" and node.attrib:
        del node.attrib[list(node.attrib)[rest[0] % len(node.attrib)]]
    elif kind in ("text", "tail"):
        setattr(node, kind, lawful(rest[0]))
    elif kind == "text-of":
        node.text = other.text
    elif kind == "attributes-of":
        node.attrib.update(other.attrib)
    elif kind in ("comment", "instruction"):
        made = etree.Comment("x") if kind == "comment" else etree.ProcessingInstruction("x", "y")
        made.tail, node.text = node.text, ""
        node.insert(rest[0] % (len(node) + 1), made)
    elif kind == "wrap" and parent is not None:
        holder = etree.Element(other.tag)
        parent.replace(node, holder)
        holder.append(node)


def lawful(text: str) -> str:
    """What can stand in a tree of lxml."""
    return _UNLAWFUL.sub("?", text)


def edited_object(value: dict[str, Any], edits: Sequence[Edit]) -> bytes:
    """The JSON text, in which a name may now come twice."""
    pairs: Pairs = [[json.dumps(name), json.dumps(said)] for name, said in value.items()]
    for kind, *rest in edits:
        if kind == "add":
            pairs.append([json.dumps(rest[0]), json.dumps(rest[1])])
        elif pairs:
            _edit_pairs(kind, pairs, rest[0] % len(pairs), rest[1:])
    body = ",".join(f"{name}:{said}" for name, said in pairs)
    return f"{{{body}}}".encode(errors="surrogatepass")


def _edit_pairs(kind: str, pairs: Pairs, at: int, rest: list[Any]) -> None:
    if kind == "set":
        pairs[at][1] = json.dumps(rest[0])
    elif kind == "twice":
        pairs.append([pairs[at][0], json.dumps(rest[0])])
    elif kind == "drop":
        del pairs[at]
    elif kind == "rename":
        pairs[at][0] = json.dumps(rest[0])
    elif kind == "raw":
        pairs[at][1] = rest[0]
    elif kind == "listed":
        pairs[at][1] = f"[{pairs[at][1]}]"
