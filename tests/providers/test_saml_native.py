"""The installed native pair."""

import pytest
from lxml import etree

from providers.saml.native import native_stack_mismatch


def test_the_installed_pair_fits() -> None:
    assert native_stack_mismatch() is None


def test_another_libxml2_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etree, "LIBXML_VERSION", (2, 0, 0))
    assert "lxml has 2.0.0" in str(native_stack_mismatch())
