"""The caller's report of a call."""

import pytest

from sandbox.caller.report import Report, build_report
from sandbox.caller.simulated_caller import SimulatedCaller
from tests.unit.sandbox.caller.caller_harness import BANK, make_caller, run, silence, speech

YES = BANK.recordings["yes"]


def report_of(caller: SimulatedCaller, **other: object) -> Report:
    """The caller's report, without decoded text."""
    return Report.model_validate(
        build_report(
            caller,
            call_sid="CA1",
            outcome=str(caller.outcome()),
            began_at=1000.0,
            agent_audio=b"",
            decode=lambda _: [],
            warnings=("13100: odd",),
        ).model_dump(mode="json")
        | other
    )


def test_each_turn_has_its_response_time() -> None:
    """It counts from the end of the utterance to the first audio, and is None without a response."""
    caller = make_caller(
        {"listen": {"silence_ms": 700}}, {"say": "yes"}, {"listen": {}}, {"say": "yes"}, {"pause": 1e6}
    )
    # The greeting; then "yes" from 1180 to 1180 + its length; an answer; then "yes" again.
    run(caller, speech(500), silence(1500), speech(400), silence(2000))
    report = report_of(caller)

    first, second = report.responses
    assert first.after == "yes"
    assert first.gap_ms == pytest.approx(2000 - (1180 + YES.audible_end_ms))
    assert first.first_audio_at == pytest.approx(1002.0)
    assert (second.gap_ms, second.first_audio_at) == (None, None)
    assert [(line.start_ms, line.end_ms) for line in report.agent_speech] == [(0, 500), (2000, 2400)]
    assert report.caller_speech[0].start_ms == 1180 + YES.audible_start_ms
    assert report.duration_ms == 4400
    assert report.warnings == ["13100: odd"]


def test_a_response_belongs_to_the_latest_utterance() -> None:
    """The earlier of two utterances has no response."""
    caller = make_caller({"say": "yes"}, {"say": "yes"}, {"pause": 1e6})
    run(caller, silence(2000), speech(500))

    assert [r.gap_ms is None for r in report_of(caller).responses] == [True, False]


def test_a_barge_in_has_the_time_to_silence() -> None:
    """It counts from the caller's first audible frame to the agent's last."""
    caller = make_caller({"say": {"text": "no wait", "after_agent_starts_ms": 600}}, {"pause": 1e6})
    run(caller, speech(1000), silence(3000))
    [barge_in] = report_of(caller).barge_ins
    spoke_ms = 600 + BANK.recordings["no wait"].audible_start_ms

    assert barge_in.spoke_at_ms == spoke_ms
    assert barge_in.agent_silent_after_ms == 1000 - spoke_ms


def test_a_cough_is_a_barge_in_without_a_response() -> None:
    """The text of the caller's speech is the kind of noise."""
    caller = make_caller({"noise": {"kind": "cough", "after_agent_starts_ms": 200}}, {"pause": 1e6})
    run(caller, speech(2000), silence(1000), speech(100))
    report = report_of(caller)

    assert [line.text for line in report.caller_speech] == ["[cough]"]
    assert report.responses == []
    assert len(report.barge_ins) == 1


def test_timeouts_are_reported() -> None:
    """Each timeout is in the data and among the warnings."""
    caller = make_caller({"listen": {"timeout_s": 1}}, {"expect_hang_up": {"timeout_s": 2}})
    run(caller, silence(4000))
    report = report_of(caller)

    assert [wait.model_dump() for wait in report.timeouts] == [
        {"step": 1, "waiting_for": "listen", "at_ms": 1000},
        {"step": 2, "waiting_for": "expect_hang_up", "at_ms": 3000},
    ]
    assert report.warnings[0] == "step 1: timed out waiting for listen at 1000 ms"
    assert report.outcome == "timed_out"


def test_agent_speech_is_decoded_per_segment() -> None:
    """Only the audio of the segment is decoded."""
    caller = make_caller({"pause": 1e6})
    run(caller, silence(500), speech(500), silence(500))
    frames = b"\xff" * 4000 + b"\x10" * 4000 + b"\xff" * 4000
    report = build_report(
        caller,
        call_sid="CA1",
        outcome="completed",
        began_at=None,
        agent_audio=frames,
        decode=lambda audio: ["ten"] * (audio == b"\x10" * 4000),
    )

    assert [line.text for line in report.agent_speech] == ["ten"]


def test_a_silent_call_has_an_empty_report() -> None:
    """All its lists are empty."""
    report = report_of(make_caller("listen"))

    assert (report.caller_speech, report.agent_speech, report.responses, report.duration_ms) == (
        [],
        [],
        [],
        0,
    )
