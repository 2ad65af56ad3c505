"""What a person tells of a call."""

import pytest

from sandbox.caller.report import Report, build_report
from sandbox.caller.simulated_caller import SimulatedCaller
from tests.unit.sandbox.caller.caller_harness import BANK, hold, person, quiet, voice

YES = BANK.recordings["yes"]


def report_of(caller: SimulatedCaller, **other: object) -> Report:
    """Their report, with nothing read back."""
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


def test_each_turn_has_its_answer() -> None:
    """Measured from the end of the voice to the first sound; the last had none."""
    caller = person(
        {"listen": {"silence_ms": 700}}, {"say": "yes"}, {"listen": {}}, {"say": "yes"}, {"pause": 1e6}
    )
    # The greeting; then "yes" from 1180 to 1180 + its length; an answer; then "yes" again.
    hold(caller, voice(500), quiet(1500), voice(400), quiet(2000))
    report = report_of(caller)

    first, second = report.responses
    assert first.after == "yes"
    assert first.gap_ms == pytest.approx(2000 - (1180 + YES.voiced_end_ms))
    assert first.first_audio_at == pytest.approx(1002.0)
    assert (second.gap_ms, second.first_audio_at) == (None, None)
    assert [(line.start_ms, line.end_ms) for line in report.agent_speech] == [(0, 500), (2000, 2400)]
    assert report.caller_speech[0].start_ms == 1180 + YES.voiced_start_ms
    assert report.duration_ms == 4400
    assert report.warnings == ["13100: odd"]


def test_an_answer_that_comes_after_the_next_words_is_none_to_the_first() -> None:
    """Two things said, one answer: the second's."""
    caller = person({"say": "yes"}, {"say": "yes"}, {"pause": 1e6})
    hold(caller, quiet(2000), voice(500))

    assert [r.gap_ms is None for r in report_of(caller).responses] == [True, False]


def test_an_interruption_tells_how_long_the_agent_went_on() -> None:
    """From the first voiced frame of the person to the agent's last."""
    caller = person({"say": {"text": "no wait", "after_agent_starts_ms": 600}}, {"pause": 1e6})
    hold(caller, voice(1000), quiet(3000))
    [barge_in] = report_of(caller).barge_ins
    spoke_ms = 600 + BANK.recordings["no wait"].voiced_start_ms

    assert barge_in.spoke_at_ms == spoke_ms
    assert barge_in.agent_silent_after_ms == 1000 - spoke_ms


def test_a_cough_interrupts_but_is_not_answered() -> None:
    """It is in what was said, by its kind."""
    caller = person({"noise": {"kind": "cough", "after_agent_starts_ms": 200}}, {"pause": 1e6})
    hold(caller, voice(2000), quiet(1000), voice(100))
    report = report_of(caller)

    assert [line.text for line in report.caller_speech] == ["[cough]"]
    assert report.responses == []
    assert len(report.barge_ins) == 1


def test_waits_in_vain_are_told() -> None:
    """As figures and in words."""
    caller = person({"listen": {"timeout_s": 1}}, {"expect_hang_up": {"timeout_s": 2}})
    hold(caller, quiet(4000))
    report = report_of(caller)

    assert [wait.model_dump() for wait in report.timeouts] == [
        {"step": 1, "waiting_for": "listen", "at_ms": 1000},
        {"step": 2, "waiting_for": "expect_hang_up", "at_ms": 3000},
    ]
    assert report.warnings[0] == "step 1: timed out waiting for listen at 1000 ms"
    assert report.outcome == "timed_out"


def test_what_was_heard_is_read_back_where_it_can_be() -> None:
    """Stretch by stretch."""
    caller = person({"pause": 1e6})
    hold(caller, quiet(500), voice(500), quiet(500))
    heard = b"\xff" * 4000 + b"\x10" * 4000 + b"\xff" * 4000
    report = build_report(
        caller,
        call_sid="CA1",
        outcome="completed",
        began_at=None,
        agent_audio=heard,
        decode=lambda sound: ["ten"] * (sound == b"\x10" * 4000),
    )

    assert [line.text for line in report.agent_speech] == ["ten"]


def test_a_silent_call_has_a_report_too() -> None:
    """Empty, in shape."""
    report = report_of(person("listen"))

    assert (report.caller_speech, report.agent_speech, report.responses, report.duration_ms) == (
        [],
        [],
        [],
        0,
    )
