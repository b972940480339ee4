"""Domains of e-mail addresses: one spelling each, and those that nobody can have."""

import pytest

from providers.domains import DomainInvalid, domain_of, normalised, ownable, readable


@pytest.mark.parametrize(
    "spelled", ["corp.example", "CORP.Example", " corp.example. ", "corp。example", "ｃorp.example"]
)
def test_one_domain_has_one_spelling(spelled: str) -> None:
    assert normalised(spelled) == "corp.example"


@pytest.mark.parametrize("spelled", ["Bücher.example", "bücher.example", "xn--bcher-kva.example"])
def test_other_scripts_are_written_in_ascii(spelled: str) -> None:
    assert normalised(spelled) == "xn--bcher-kva.example"


def test_a_look_alike_is_another_domain_and_is_shown_as_one() -> None:
    cyrillic = normalised("с\u043erp.example")
    assert cyrillic != "corp.example"
    assert readable(cyrillic).endswith(f" ({cyrillic})")
    assert readable("corp.example") == "corp.example"


def test_sharp_s_is_not_two_letters() -> None:
    assert normalised("straße.example") == "xn--strae-oqa.example"


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "example", "localhost", "corp..example", "-corp.example", "corp-.example"),
        *("corp_x.example", "*.corp.example", "ada@corp.example", "https://corp.example"),
        *("192.0.2.1", "[192.0.2.1]", "corp.example/", "corp .example", "corp.example\x00"),
        *("corp.exa\u202emple", "a" * 64 + ".example", "a." * 130 + "example", "xn--a.example"),
        "\ud800.example",
    ],
)
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(DomainInvalid):
        normalised(text)


@pytest.mark.parametrize("text", ["gmail.com", "Outlook.COM", "web.de.", "co.uk", "com.au"])
def test_where_anybody_may_be_nobody_has_the_domain(text: str) -> None:
    with pytest.raises(DomainInvalid, match="anybody"):
        ownable(text)


def test_below_those_a_company_may_have_one() -> None:
    assert ownable("corp.co.uk") == "corp.co.uk"
    assert ownable("mail.corp.example") == "mail.corp.example"


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("ada@corp.example", "corp.example"),
        (" Ada@CORP.example ", "corp.example"),
        ('"a@b"@corp.example', "corp.example"),
        ("ada@sub.corp.example", "sub.corp.example"),
        ("ada@bücher.example", "xn--bcher-kva.example"),
        ("ada", ""),
        ("@corp.example", ""),
        ("corp.example", ""),
        ("ada@", ""),
        ("ada@localhost", ""),
        ("ada\n@corp.example", ""),
        ("a" * 250 + "@corp.example", ""),
    ],
)
def test_the_domain_of_an_address(address: str, domain: str) -> None:
    assert domain_of(address) == domain
