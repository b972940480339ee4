"""The page of vendors is the guides' own."""

from pathlib import Path

from gateway.console.connecting.document import document

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_vendors_is_as_make_docs_writes_it() -> None:
    assert (ROOT / "docs" / "vendors.md").read_text() == document()
