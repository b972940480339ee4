"""The installed native pair is checked whenever Django checks anything."""

from django.core import checks
from lxml import etree

from providers import checks as own
from providers.saml import native


def test_the_installed_pair_fits():
    assert own.native_stack(None) == []


def test_the_check_runs_with_the_others():
    assert own.native_stack in checks.registry.registry.get_checks()


def test_another_libxml2_is_an_error_that_names_the_remedy(monkeypatch):
    monkeypatch.setattr(etree, "LIBXML_VERSION", (2, 0, 0))
    (error,) = own.native_stack(None)
    assert error.id == "providers.E001"
    assert "lxml has 2.0.0" in error.msg
    assert "requirements/run.txt" in error.hint
    assert native.native_stack_mismatch() is not None
