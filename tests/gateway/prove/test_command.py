"""An operator proves an app."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.gateway.prove.apps import NAIVE, careful, page, running

pytestmark = pytest.mark.django_db


def prove_app(*arguments: str) -> tuple[int, str]:
    """Exit status and output."""
    out = StringIO()
    try:
        call_command("prove-app", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_it_prints_what_was_believed_and_why() -> None:
    with running(page(NAIVE["headers.cousins"])) as house:
        status, printed = prove_app(f"{house.origin}/")
        assert (status, prove_app(f"{house.origin}/", "--all")[1].count("  refused ")) == (1, 19)
    why = "the made-up name came back, with status 200"
    believed = f"writes the headers that other proxies use: {why}"
    assert printed.splitlines() == [
        f"wiki at {house.origin}/",
        f"  BELIEVED      headers.cousins {believed}",
        "  whether it takes an honest one was not tried (--with-control)",
        "19 refused, 1 holes, 0 cannot be told",
    ]


def test_all_is_well_with_a_careful_app() -> None:
    with running(page(careful)) as house:
        url = "http://wiki.corp.localhost:9/"
        assert prove_app(f"{house.origin}/")[0] == 0
        with running(page(careful), slug="far", origins=["http://wiki.corp.localhost:9"]) as far:
            far.origin = "http://wiki.corp.localhost:9"
            listening = far.requests
            status, printed = prove_app(url, "--direct", house.origin, "--with-control")
            assert listening == []
    assert (status, "did not take an honest one" in printed) == (2, True)


def test_directly_with_an_honest_one() -> None:
    far = "http://wiki.corp.localhost:9"
    with running(page(careful), origins=[far]) as house:
        really, house.origin = house.origin, far
        status, printed = prove_app(f"{far}/", "--direct", really, "--with-control")
    assert status == 0, printed
    assert printed.splitlines()[:2] == [
        "wiki at http://wiki.corp.localhost:9/ past its proxy",
        "  it took an honest one",
    ]


def test_what_cannot_be_reached_or_is_no_app_is_said() -> None:
    with running(page(careful), origins=["http://wiki.corp.localhost:9"]):
        status, printed = prove_app("http://wiki.corp.localhost:9/")
    assert (status, "cannot tell   nothing was tried: http://wiki" in printed) == (2, True)
    with pytest.raises(CommandError, match=r"Nothing was sent\. No app that is switched on"):
        prove_app("http://elsewhere.corp.localhost/")
