"""Answers, questions about signing out, and metadata of SAML providers."""

import base64
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import xmlsec
from hypothesis import strategies as st
from lxml import etree

from providers.connector import AuthenticationResponse, LogoutRequest
from providers.saml import metadata
from providers.saml.messages import message_id
from tests.fakes import saml_messages as messages
from tests.fakes.cache import MemoryCache
from tests.fakes.saml_case import NOW, SERVICE, SERVICE_KEYS, Case
from tests.fakes.saml_logout import LogoutRequest as Question
from tests.fakes.saml_logout import by_redirect
from tests.fakes.saml_messages import SAML
from tests.fakes.saml_metadata import Publisher
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import encrypt, key_pair, sign
from tests.fuzz import costly_xml
from tests.fuzz.edits import BYTES, TREE, edited_bytes, edited_tree
from tests.fuzz.target import Message, Recipe, Target

FORMS: tuple[SamlProvider, ...] = (
    SamlProvider(signed=("response",)),
    SamlProvider(signed=("assertion",)),
    SamlProvider(),
    SamlProvider(encrypt_to=SERVICE_KEYS.certificate),
    SamlProvider(signed=("assertion",), encrypt_names_to=SERVICE_KEYS.certificate),
)
RECIPES = st.fixed_dictionaries(
    {
        "form": st.integers(0, len(FORMS) - 1),
        "signed": st.booleans(),
        "tree": st.lists(TREE, max_size=4),
        "bytes": st.lists(BYTES, max_size=2),
    }
)


def signed_or_not(root: etree._Element, provider: SamlProvider) -> bytes:
    """Signed and encrypted as far as what the edits left lets itself be."""
    with suppress(xmlsec.Error, ValueError):
        assertion = root.find(f"{{{SAML}}}Assertion")
        if assertion is not None:
            name = assertion.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
            if provider.encrypt_names_to is not None and name is not None:
                encrypt(name, provider.encrypt_names_to, into="EncryptedID")
            if "assertion" in provider.signed:
                sign(assertion, provider.keys)
            if provider.encrypt_to is not None:
                encrypt(assertion, provider.encrypt_to)
        if "response" in provider.signed:
            sign(root, provider.keys)
    return etree.tostring(root)


def saml_response() -> Target:
    cases = [Case(provider) for provider in FORMS]
    said = [replace(c.said(), assertion_id="_a1", response_id="_r1") for c in cases]
    answers = [c.provider.answer(what) for c, what in zip(cases, said, strict=True)]
    honest = [case.complete(answer) for case, answer in zip(cases, answers, strict=True)]

    def message(recipe: Recipe) -> Message:
        form = recipe["form"]
        if recipe["signed"]:
            root = edited_tree(messages.response(said[form]), recipe["tree"])
            document = signed_or_not(root, cases[form].provider)
        else:
            document = etree.tostring(edited_tree(answers[form], recipe["tree"]))
        document = edited_bytes(document, recipe["bytes"])
        return Message(
            content=(form, base64.b64encode(document).decode()),
            honest=honest[form],
            signed=recipe["signed"],
        )

    def take(content: tuple[int, str]) -> object:
        form, field = content
        case = cases[form]
        connector = replace(case.connector, cache=MemoryCache(NOW))
        fields = {"SAMLResponse": field, "RelayState": case.request.id}
        answer = AuthenticationResponse(method="POST", fields=fields)
        return connector.complete(case.request, answer, NOW)

    return Target(
        recipes=RECIPES,
        message=message,
        take=take,
        costly={
            f"{name}-{form}": _of_form(form, make, answer)
            for form, answer in enumerate(answers[:3])
            for name, make in costly_xml.FIELDS.items()
        },
    )


def _of_form(
    form: int, make: Callable[[bytes], str], answer: etree._Element
) -> Callable[[], tuple[int, str]]:
    return lambda: (form, make(etree.tostring(answer)))


LOGOUT = LogoutRequest(id="q" * 43, hint="", return_url=f"{SERVICE}/slo")
KINDS = ("question-posted", "question-redirected", "answer-posted", "answer-redirected")


def saml_logout() -> Target:  # noqa: C901 -- two messages, two bindings
    provider = SamlProvider()
    connector = Case(provider).connector
    question = Question(
        issuer=provider.entity_id, destination=LOGOUT.return_url, issued=NOW, id="_lr1"
    ).element()
    answer = messages.logout_response(
        issuer=provider.entity_id,
        destination=LOGOUT.return_url,
        in_response_to=message_id(LOGOUT.id),
        status=messages.SUCCESS,
        now=NOW,
    )

    def packed(kind: str, root: etree._Element, edits: Any) -> AuthenticationResponse:
        parameter = "SAMLRequest" if kind.startswith("question") else "SAMLResponse"
        if kind.endswith("posted"):
            field = base64.b64encode(edited_bytes(etree.tostring(root), edits)).decode()
            fields = {parameter: field, "RelayState": LOGOUT.id}
            return AuthenticationResponse(method="POST", fields=fields)
        if parameter == "SAMLRequest":
            return by_redirect(provider, root, LOGOUT.id, lambda query: _edited(query, edits))
        query = _edited(provider.signed_query(root, LOGOUT.id), edits)
        fields = {"SAMLResponse": "", "RelayState": LOGOUT.id}
        return AuthenticationResponse(method="GET", fields=fields, query=query)

    def take(content: tuple[str, AuthenticationResponse]) -> object:
        kind, sent = content
        if kind.startswith("question"):
            return connector.logout_asked(sent, LOGOUT.return_url, NOW)
        return connector.logout_ended(LOGOUT, sent)

    def message(recipe: Recipe) -> Message:
        kind = KINDS[recipe["form"] % len(KINDS)]
        bare = question if kind.startswith("question") else answer
        root = edited_tree(bare, recipe["tree"] if recipe["signed"] else ())
        if kind.endswith("posted"):
            with suppress(xmlsec.Error, ValueError):
                sign(root, provider.keys)
            root = edited_tree(root, () if recipe["signed"] else recipe["tree"])
        # What travels by redirect is edited as it travels.
        edits = recipe["bytes"]
        content = (kind, packed(kind, root, edits))
        return Message(content=content, honest=honest[kind], signed=recipe["signed"])

    honest: dict[str, object] = {}
    for form, kind in enumerate(KINDS):
        honest[kind] = None
        untouched = message({"form": form, "signed": False, "tree": [], "bytes": []})
        honest[kind] = take(untouched.content)

    return Target(
        recipes=RECIPES,
        message=message,
        take=take,
        costly={
            name: _posted_question(make, _signed_question(question, provider))
            for name, make in costly_xml.FIELDS.items()
        }
        | {f"inflates-{size}": _inflating(provider, size) for size in (10_000_000, 100_000_000)},
    )


def _edited(query: str, edits: Any) -> str:
    return edited_bytes(query.encode(), edits).decode(errors="replace")


def _signed_question(question: etree._Element, provider: SamlProvider) -> bytes:
    root = edited_tree(question, ())
    sign(root, provider.keys)
    return etree.tostring(root)


def _posted_question(make: Callable[[bytes], str], honest: bytes) -> Callable[[], Any]:
    return lambda: (
        "question-posted",
        AuthenticationResponse(method="POST", fields={"SAMLRequest": make(honest)}),
    )


def _inflating(provider: SamlProvider, size: int) -> Callable[[], Any]:
    def made() -> Any:
        packer = zlib.compressobj(wbits=-15)
        packed = packer.compress(b"<a>" + b" " * size) + packer.flush()
        query = urlencode({"SAMLRequest": base64.b64encode(packed).decode(), "SigAlg": "x"})
        return (
            "question-redirected",
            AuthenticationResponse(method="GET", fields={"SAMLRequest": ""}, query=query),
        )

    return made


def saml_metadata() -> Target:
    anchor = key_pair("federation")
    more = {"validUntil": "2027-01-01T00:00:00Z", "cacheDuration": "PT1H"}
    publisher = Publisher(attributes=more, signed_by=anchor)
    signed_root = etree.fromstring(publisher.document())
    bare_root = etree.fromstring(replace(publisher, signed_by=None).document())
    honest = metadata.read(publisher.document(), now=NOW, anchors=[anchor.certificate])

    def message(recipe: Recipe) -> Message:
        """`signed` stands for what is pasted or fetched without an anchor: then it is believed."""
        root = edited_tree(bare_root if recipe["signed"] else signed_root, recipe["tree"])
        document = edited_bytes(etree.tostring(root), recipe["bytes"])
        return Message(content=(recipe["signed"], document), honest=honest, signed=recipe["signed"])

    def take(content: tuple[bool, bytes]) -> object:
        unanchored, document = content
        anchors = () if unanchored else (anchor.certificate,)
        found = metadata.read(document, now=NOW, anchors=anchors)
        assert found.facts()
        assert found.certificates
        if found.cache_for is not None:
            assert found.cache_for.total_seconds() is not None
        return found

    honest_text = etree.tostring(bare_root)
    return Target(
        recipes=RECIPES,
        message=message,
        take=take,
        # No browser brings it: a task reads it, and with an anchor as much as a whole federation.
        seconds=0.5,
        costly={
            f"{name}{'' if unanchored else '-signed'}": _described(make, unanchored, text)
            for name, make in costly_xml.METADATA.items()
            for unanchored, text in ((True, honest_text), (False, etree.tostring(signed_root)))
        },
    )


def _described(
    make: Callable[[bytes], bytes],
    unanchored: bool,  # noqa: FBT001
    honest: bytes,
) -> Callable[[], tuple[bool, bytes]]:
    return lambda: (unanchored, make(honest))
