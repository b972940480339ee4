"""A fresh machine: what is missing is named with the command that installs it."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from deploy.demo import parts
from deploy.demo.addresses import Addresses
from deploy.demo.world import open_world
from deploy.programs import ROOT

SCRIPT = ROOT / "deploy" / "environment.sh"
MAKEFILE = (ROOT / "Makefile").read_text()


def program(folder: Path, name: str, lines: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/bash\n{lines}\n")
    path.chmod(0o755)


def set_up(path: Path) -> subprocess.CompletedProcess[str]:
    """Runs the script where nothing but `path` is found."""
    return subprocess.run(
        ["/bin/bash", str(SCRIPT), "requirements/dev.txt"],
        cwd=path,
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_a_missing_python_is_named(tmp_path):
    result = set_up(tmp_path)
    assert result.returncode == 1
    assert "Python 3.11 or later is missing" in result.stderr
    assert "sudo apt install python3 python3-venv" in result.stderr


def test_an_old_python_is_as_good_as_none(tmp_path):
    code = "import sys; sys.version_info = (3, 10, 9); exec(sys.argv[1])"
    program(tmp_path, "python3", f"""exec {sys.executable} -c '{code}' "$2" """)
    assert "Python 3.11 or later is missing" in set_up(tmp_path).stderr


def test_a_python_without_venv_is_told_its_package(tmp_path):
    program(
        tmp_path,
        "python3",
        """case "$2" in
          *"import ensurepip"*) exit 1 ;;
          *print*) echo 3.13 ;;
        esac""",
    )
    result = set_up(tmp_path)
    assert result.returncode == 1
    assert "sudo apt install python3.13-venv" in result.stderr


def test_help_names_every_command_that_people_type():
    shown = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in ("demo", "check", "test", "lock", "bench", "long", "screenshots", "compose"):
        assert f"make {target} " in shown


@pytest.mark.parametrize("only", [[], ["ONLY=nonsense"], ["ONLY=world"]])
def test_a_bench_that_is_not_there_is_told_those_that_are(only):
    # The environment is said to be there, so that none is made.
    words = ["make", "READY=none", "--assume-old=none", "bench", *only]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "Say what to measure: make bench ONLY=edge or ONLY=federation or " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_every_phony_target_is_there():
    for target in re.findall(r"^\.PHONY: (\S+)", MAKEFILE, re.MULTILINE):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_the_locks_hold_hashes_for_all_and_addresses_for_none(lock):
    text = (ROOT / "requirements" / lock).read_text()
    assert "://" not in text
    for requirement in re.split(r"\n(?=\S)", text):
        if not requirement.startswith("#"):
            assert "--hash=sha256:" in requirement, requirement.splitlines()[0]


def test_whatever_runs_the_gateway_is_in_both_locks_at_one_version():
    def pinned(lock: str) -> set[str]:
        text = (ROOT / "requirements" / lock).read_text()
        return set(re.findall(r"^([\w.-]+(?:\[[\w,-]+\])?==\S+)", text, re.MULTILINE))

    assert pinned("run.txt") <= pinned("dev.txt")


def test_continuous_integration_runs_make_test():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().rstrip().endswith("\nmake test")


def test_pre_commit_runs_tools_of_the_house_alone():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    assert {hook["language"] for repo in hooks for hook in repo["hooks"]} == {"system"}


def test_pre_commit_is_make_check_without_the_tests():
    [repo] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    before_a_commit = {hook["entry"].removesuffix(" --force-exclude") for hook in repo["hooks"]}
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE).group(1)
    checked = {line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()}
    assert {line.removesuffix(" .") for line in checked if "pytest" not in line} == before_a_commit


def test_the_documented_commands_are_those_that_the_demo_starts(tmp_path: Path) -> None:
    world = open_world(tmp_path, Addresses(), {})
    started = [
        shared([Path(command[0]).name, *command[1:]])
        for make in (parts.gateway, parts.edge, parts.worker)
        for command in (make(world).program.command,)
    ]
    documented = re.findall(
        r"\| `((?:granian|celery) [^`]+)` \|", (ROOT / "docs/operate.md").read_text()
    )
    assert [told.split() for told in documented] == started


def test_a_setting_that_the_demo_is_given_is_the_gateways_and_the_workers(tmp_path: Path) -> None:
    more = {"GATEHOUSE_RULES_NEED_APPROVAL": "1"}
    world = open_world(tmp_path, Addresses(), more)
    for make in (parts.gateway, parts.worker):
        assert more.items() <= make(world).program.environment.items()


@pytest.mark.parametrize("wrong", ["RULES_NEED_APPROVAL=1", "GATEHOUSE_RULES_NEED_APPROVAL"])
def test_what_is_no_setting_is_told_how_one_is_written(wrong: str) -> None:
    words = [sys.executable, "-m", "deploy.demo", "--setting", wrong]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"{wrong} is not GATEHOUSE_NAME=VALUE" in ended.stderr


def shared(command: list[str]) -> list[str]:
    """Without the options, each with its value, that say only how large a machine is and where."""
    own = {"--host", "--port", "--blocking-threads", "--concurrency", "--loglevel"}
    return [word for before, word in pairwise(["", *command]) if not own & {before, word}]
