"""`parley test`: passed, failed and invalid tests of an agent."""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from tests.e2e.running import Up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

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
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=150, check=False)


@pytest.fixture
def tests_folder(tmp_path: Path) -> Path:
    """The tests of a copy of the demo's agent."""
    folder = tmp_path / "agents" / "tests" / "clinic"
    folder.mkdir(parents=True)
    shutil.copy("agents/clinic.yaml", tmp_path / "agents" / "clinic.yaml")
    return folder


def test_passed_failed_and_invalid_tests_and_a_recorded_call(
    tests_folder: Path, tmp_path: Path, up: Up, finished_call: str
) -> None:
    """A call becomes a test that passes, and fails for an agent file that was changed on purpose.

    A failed and an invalid test do not stop the others; the reports name each mistake.
    """
    agents = tmp_path / "agents"
    (tests_folder / "goodbye.yaml").write_text(GOODBYE)
    (tests_folder / "fails.yaml").write_text(
        GOODBYE.replace("[end_call]", "[{name: end_call, failed: true}]")
    )
    (tests_folder / "invalid.yaml").write_text(GOODBYE.replace("caller:", "callers:"))
    (tests_folder / "greting.yaml").write_text(GOODBYE + "agent: {greting: Hi.}\n")
    changed = {**yaml.safe_load((agents / "clinic.yaml").read_text()), "greeting": "Good day.", "tools": []}
    (agents / "changed.yaml").write_text(yaml.safe_dump(changed))
    for name in ("clinic", "changed"):
        made = parley_test("--from-call", finished_call, "--to", agents / "tests" / name, "--home", up.home)
        assert made.returncode == 0, made.stdout
        assert "audio files with the caller's voice" in made.stdout

    done = parley_test(
        *(agents, "--json", "--junit", tmp_path / "out" / "j.xml", "--html", tmp_path / "out" / "r.html")
    )

    assert done.returncode == 1, done.stderr
    tests = {(test["agent"], test["name"]): test for test in json.loads(done.stdout)["tests"]}
    assert tests["clinic", "goodbye"]["status"] == "passed", done.stderr
    assert "no call of end_call" in tests["clinic", "fails"]["problems"][0]
    assert "did you mean `caller`" in tests["clinic", "invalid"]["error"]
    assert "greting" in tests["clinic", "greting"]["error"]
    assert tests["clinic", finished_call]["status"] == "passed", done.stderr
    problems = "\n".join(tests["changed", finished_call]["problems"])
    assert "no reply contains 'Hello, this is the Riverside clinic." in problems
    assert "no call of end_call" in problems
    suite = ET.parse(tmp_path / "out" / "j.xml").getroot()  # noqa: S314 - made here
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == ("6", "2", "2")
    assert (tmp_path / "out" / "r.html").read_text().count("data:audio/mpeg") == 4


def test_a_call_without_a_log_is_an_error(up: Up) -> None:
    done = parley_test("--from-call", "CA" + "0" * 32, "--home", up.home)

    assert done.returncode == 1
    assert "is the CallSid right?" in done.stdout


def test_a_target_without_tests_is_an_error_with_the_place_where_they_belong(tests_folder: Path) -> None:
    done = parley_test(tests_folder.parent.parent / "clinic.yaml")

    assert done.returncode == 2
    assert "one conversation per file" in done.stdout
