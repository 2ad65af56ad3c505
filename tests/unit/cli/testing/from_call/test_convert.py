"""A call as a test file."""

from pathlib import Path

import yaml

from cli.testing.audio_files import write_speech
from cli.testing.case import read_case
from cli.testing.from_call.convert import ConvertedCall, convert
from cli.testing.from_call.recorded_call import RecordedCall
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped
from tests.unit.cli.testing.call_events import BOOKING, Timed, outcome, turn

CALL: list[Timed] = [
    *BOOKING[:7],
    (2500, SpeechStarted(at_ms=2500)),
    (3800, SpeechStopped(at_ms=3800)),
    *BOOKING[7:],
]
AUDIO = b"\x22" * 8 * 12_000


def converted(timed: list[Timed], audio: bytes = AUDIO, *, redacted: bool = False) -> ConvertedCall:
    call = RecordedCall(outcome(*timed), audio, "recording" if audio else "none")
    return convert(call, redacted=redacted)


def test_the_file_is_a_valid_test_with_its_audio(tmp_path: Path) -> None:
    call = converted(CALL)
    for name, mulaw in call.audio.items():
        write_speech(tmp_path / name, mulaw)
    (tmp_path / "CA1.yaml").write_text(call.text)

    case = read_case(tmp_path / "CA1.yaml")
    data = yaml.safe_load(call.text)

    assert (call.agent, case.call.from_number) == ("clinic", "+15550100001")
    assert data["expect"]["tools called"][0] == {
        "name": "book_appointment",
        "arguments": {"day": "Tuesday", "hour": 10},
    }
    assert data["expect"]["ended by"] == "agent"
    assert "expect_hang_up" in data["caller"][-1]
    assert case.recorded is not None
    assert len(call.audio) == sum("play" in step for step in data["caller"]) >= 1
    assert call.text.startswith("# Made by `parley test --from-call`; contains the words of both sides")
    assert any("caller's voice" in part for part in call.contents)


def test_without_audio_the_words_are_spoken() -> None:
    call = converted(CALL, b"")

    assert not call.audio
    assert {"say": "I need a visit on Tuesday."} in yaml.safe_load(call.text)["caller"]


def test_a_redacted_call_has_no_long_number_and_no_recording_of_one() -> None:
    """The agent's words and the arguments of tools are changed in the same way."""
    timed = [turn(1, "My number is 491512345678.", 4000) if at == 4000 else (at, body) for at, body in CALL]
    call = converted(timed, redacted=True)

    assert "491512345678" not in call.text
    assert "+15550100001" not in call.text
    assert {"say": "My number is 555010055501."} in yaml.safe_load(call.text)["caller"]
