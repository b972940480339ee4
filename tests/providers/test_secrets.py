"""Sealed secrets open only with a key of the ring, in their own row, under their own name."""

import os

import pytest

from providers.errors import ProviderMisconfigured
from providers.secrets import seal, sealed_under, unseal

OLD, NEW = ("k1", os.urandom(32)), ("k2", os.urandom(32))
SECRET = "not-for-the-log"


def both():
    return (NEW, OLD)


def test_what_was_sealed_opens():
    assert (
        unseal(both, "row", "client_secret", seal(both, "row", "client_secret", SECRET)) == SECRET
    )
    assert unseal(both, "row", "empty", seal(both, "row", "empty", "")) == ""


def test_the_sealed_text_shows_the_key_and_nothing_else():
    sealed = seal(both, "row", "client_secret", SECRET)
    assert sealed.startswith("1.k2.")
    assert sealed_under(sealed) == "k2"
    assert SECRET not in sealed


def test_sealing_twice_gives_two_texts():
    assert seal(both, "row", "name", SECRET) != seal(both, "row", "name", SECRET)


def test_an_older_key_still_opens():
    sealed = seal(lambda: (OLD,), "row", "name", SECRET)
    assert sealed_under(sealed) == "k1"
    assert unseal(both, "row", "name", sealed) == SECRET


@pytest.mark.parametrize(("row", "name"), [("other", "client_secret"), ("row", "private_key")])
def test_a_secret_does_not_open_in_another_row_or_under_another_name(row, name):
    sealed = seal(both, "row", "client_secret", SECRET)
    with pytest.raises(ProviderMisconfigured, match="belongs to another") as caught:
        unseal(both, row, name, sealed)
    assert caught.value.field == f"secrets.{name}"


def test_a_key_that_is_not_in_the_ring_any_more_is_said():
    sealed = seal(lambda: (OLD,), "row", "name", SECRET)
    with pytest.raises(ProviderMisconfigured, match="not in the key ring"):
        unseal(lambda: (NEW,), "row", "name", sealed)


def test_another_key_of_the_same_id_does_not_open():
    sealed = seal(both, "row", "name", SECRET)
    with pytest.raises(ProviderMisconfigured, match="was altered"):
        unseal(lambda: (("k2", os.urandom(32)),), "row", "name", sealed)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: "",
        lambda s: "2" + s[1:],
        lambda s: s[:-2],
        lambda s: s[:20],
        lambda s: s.rpartition(".")[0],
        lambda s: s.rpartition(".")[0] + ".",
        lambda s: s[:6] + ("A" if s[6] != "A" else "B") + s[7:],
        lambda s: s + "é",
        lambda s: "....",
    ],
)
def test_a_spoiled_text_is_refused_and_the_secret_not_shown(spoil):
    with pytest.raises(ProviderMisconfigured) as caught:
        unseal(both, "row", "name", spoil(seal(both, "row", "name", SECRET)))
    assert SECRET not in str(caught.value)
