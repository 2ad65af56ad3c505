"""The comparison of tests that were made of calls; playing them is covered by the tests of `parley test`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cli.testing.against import command
from cli.testing.against.command import AgainstOptions, run_comparison
from cli.testing.case import Case
from cli.testing.from_call.convert import convert
from cli.testing.from_call.recorded_call import RecordedCall
from cli.testing.play import Result
from cli.testing.run import RunOptions
from tests.unit.cli.testing.call_events import BOOKING, outcome, reply

AGENT = "prompt: x\ngreeting: Good day.\n"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A test that was made of a call, and a changed agent file."""
    (tmp_path / "CA1.yaml").write_text(convert(RecordedCall(outcome(), b"", "none")).text)
    (tmp_path / "new.yaml").write_text(AGENT)
    return tmp_path


def options(folder: Path, *, agent: str = "new.yaml") -> AgainstOptions:
    run = RunOptions((folder / "CA1.yaml",), as_json=True, html=folder / "out" / "a.html")
    return AgainstOptions(folder / agent, folder, run)


def test_a_changed_greeting_is_a_difference(
    recorded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The call is played with the changed agent file and without the expectations of the former one."""
    played: list[Case] = []

    async def run_cases(cases: Sequence[Case], *_arguments: Any, **_more: Any) -> list[Result]:
        played.extend(cases)
        after = [BOOKING[0], *reply("r1", 0, "Good day.", 100), *BOOKING[7:]]
        return [Result(case.name, "", outcome(*after), case=case) for case in cases]

    monkeypatch.setattr(command, "run_cases", run_cases)

    assert run_comparison(options(recorded)) == 1
    assert (played[0].agent_file, played[0].expect) == (recorded / "new.yaml", ())
    call = json.loads(capsys.readouterr().out)["calls"][0]
    assert [turn["differs"] for turn in call["turns"]] == [True, False, False]
    assert "<ins>Good day.</ins>" in (recorded / "out" / "a.html").read_text()


def test_a_missing_agent_file_is_an_error(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_comparison(options(recorded, agent="absent.yaml")) == 2
    assert "there is no agent file" in capsys.readouterr().err


def test_a_test_that_was_not_made_of_a_call_cannot_be_compared(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (recorded / "CA1.yaml").write_text("about: x\ncaller: [listen]\nexpect: {replies: 1}\n")

    assert run_comparison(options(recorded)) == 2
    assert "--calls, --last N, or tests made by --from-call" in " ".join(capsys.readouterr().err.split())
