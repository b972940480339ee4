"""Reading a file so that every fault can name its line."""

from pathlib import Path

import pytest

from gateway.flows import apply_source
from gateway.flows.apply_source import ConfigurationInvalid, read


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "gatehouse.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def faults_of(path, variables=None):
    with pytest.raises(ConfigurationInvalid) as caught:
        read(path, variables or {})
    return [(fault.line, fault.field, fault.problem) for fault in caught.value.faults]


def test_each_place_knows_its_line(file):
    source = read(file("providers:\n  - slug: corp\n    settings:\n      issuer: x\n"), {})
    assert source.content == {"providers": [{"slug": "corp", "settings": {"issuer": "x"}}]}
    assert source.fault("providers.0.settings.issuer", "").line == 4
    assert source.fault("providers.0.settings.client_id", "").line == 3
    assert source.fault("nowhere", "").line == 1


def test_a_key_that_stands_twice_is_refused_with_both_lines(file):
    ((line, field, problem),) = faults_of(file("rules: []\nroles: []\nrules: []\n"))
    assert (line, field) == (3, "rules")
    assert "first in line 1" in problem


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system [echo]",
        "a: !!python/name:os.system",
        "a: !mine x",
        "a: 2026-11-23",
        "a: !!binary aGVsbG8=",
    ],
)
def test_nothing_but_plain_values_is_read(file, text):
    ((line, field, problem),) = faults_of(file(text))
    assert (line, field) == (1, "a")
    assert "quotes" in problem


def test_a_merge_is_refused(file):
    ((line, _, problem),) = faults_of(file("a: &x {b: c}\nd:\n  <<: *x\n"))
    assert line == 3
    assert "key" in problem


def test_an_alias_that_grows_beyond_measure_is_refused(file):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    ((_, _, problem),) = faults_of(file("\n".join(lines)))
    assert "beyond measure" in problem


def test_an_alias_of_itself_is_refused(file):
    ((_, _, problem),) = faults_of(file("a: &a [*a]"))
    assert "beyond measure" in problem


@pytest.mark.parametrize("text", ["a: [", "a: {b", "\ta: b", "a: b: c", b"\xff\xfe\x00", "a: \x07"])
def test_what_is_no_yaml_names_its_line(file, text):
    ((line, field, problem),) = faults_of(file(text))
    assert line >= 1
    assert field == ""
    assert "YAML" in problem


def test_deep_nesting_is_refused_and_not_a_crash(file):
    ((_, _, problem),) = faults_of(file("a: " + "[" * 5000 + "]" * 5000))
    assert "YAML" in problem or "beyond measure" in problem


@pytest.mark.parametrize("text", ["", "- a\n", "just text"])
def test_a_file_without_sections_says_how_to_begin(file, text):
    ((_, _, problem),) = faults_of(file(text))
    assert "providers:" in problem


def test_a_file_that_is_too_large_is_not_parsed(file, monkeypatch):
    monkeypatch.setattr(apply_source, "MAX_BYTES", 100)
    ((_, _, problem),) = faults_of(file("a: [" + "x," * 100))
    assert "larger" in problem


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    ((_, _, problem),) = faults_of(tmp_path / "none.yaml")
    assert "cannot be read" in problem


def test_a_variable_of_ours_is_put_in_its_place(file):
    path = file('a: "http://wiki.localhost:${GATEHOUSE_PORT}"\nb: 1\n')
    assert read(path, {"GATEHOUSE_PORT": "8000"}).content["a"] == "http://wiki.localhost:8000"


def test_variables_that_are_missing_or_not_ours_are_all_told(file):
    path = file("a: ${GATEHOUSE_PORT}\nb:\n  - ${HOME}\n")
    assert faults_of(path, {"HOME": "/home/ada"}) == [
        (1, "a", "names ${GATEHOUSE_PORT}, which is not set"),
        (3, "b.0", "names ${HOME}; only GATEHOUSE_... may stand there"),
    ]


def test_a_fault_reads_as_file_line_field_and_problem(tmp_path):
    path = tmp_path / "gatehouse.yaml"
    path.write_text("a: ${HOME}\n")
    with pytest.raises(ConfigurationInvalid) as caught:
        read(Path(path), {})
    assert str(caught.value).startswith(f"{path}:1: a names ${{HOME}}")
