"""`parley test`: passed, failed and invalid tests of an agent."""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

GOODBYE = """
about: A caller who takes leave is hung up on.
model:
  - when: goodbye
    say: Goodbye.
    call: end_call
caller:
  - listen
  - say: thank you goodbye
  - expect_hang_up
expect:
  the agent says: [Riverside clinic, goodbye]
  tools called: [end_call]
  ended by: agent
"""


def parley_test(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `parley test` with a database of production in the environment, which it must not use."""
    environment = {**os.environ, "PARLEY_POSTGRES_URL": "postgres://absent.invalid/x"}
    command = [sys.executable, "-m", "cli.main", "test", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)


@pytest.fixture
def tests_folder(tmp_path: Path) -> Path:
    """The tests of a copy of the demo's agent."""
    folder = tmp_path / "agents" / "tests" / "clinic"
    folder.mkdir(parents=True)
    shutil.copy("agents/clinic.yaml", tmp_path / "agents" / "clinic.yaml")
    return folder


def test_a_failed_and_an_invalid_test_do_not_stop_the_others(tests_folder: Path, tmp_path: Path) -> None:
    """The reports name each mistake; the exit code is 1."""
    (tests_folder / "goodbye.yaml").write_text(GOODBYE)
    (tests_folder / "fails.yaml").write_text(
        GOODBYE.replace("[end_call]", "[{name: end_call, failed: true}]")
    )
    (tests_folder / "invalid.yaml").write_text(GOODBYE.replace("caller:", "callers:"))
    (tests_folder / "greting.yaml").write_text(GOODBYE + "agent: {greting: Hi.}\n")

    done = parley_test(tmp_path / "agents" / "clinic.yaml", "--json", "--junit", tmp_path / "out" / "j.xml")

    assert done.returncode == 1, done.stderr
    tests = {test["name"]: test for test in json.loads(done.stdout)["tests"]}
    assert tests["goodbye"]["status"] == "passed", done.stderr
    assert "no call of end_call" in tests["fails"]["problems"][0]
    assert "did you mean `caller`" in tests["invalid"]["error"]
    assert "greting" in tests["greting"]["error"]
    assert "1 passed, 1 failed, 2 with an error" in done.stderr
    suite = ET.parse(tmp_path / "out" / "j.xml").getroot()  # noqa: S314 - made here
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == ("4", "1", "2")


def test_a_target_without_tests_is_an_error_with_the_place_where_they_belong(tests_folder: Path) -> None:
    done = parley_test(tests_folder.parent.parent / "clinic.yaml")

    assert done.returncode == 2
    assert "one conversation per file" in done.stdout
