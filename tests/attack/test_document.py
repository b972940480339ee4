"""The page of attacks says what is fired."""

from collections import Counter

from providers.attacks import oidc, saml
from providers.attacks.document import document
from tests.house.test_shape import ROOT

EVERY = (*oidc.SIGN_IN, *oidc.SIGN_OUT, *saml.SIGN_IN, *saml.SIGN_OUT)


def test_it_is_as_make_docs_writes_it() -> None:
    assert (ROOT / "docs" / "attack.md").read_text() == document()


def test_no_two_attacks_have_one_name_and_each_says_what_guards_against_it() -> None:
    assert [name for name, count in Counter(each.name for each in EVERY).items() if count > 1] == []
    assert [each.name for each in EVERY if not each.checks or not each.source] == []
