"""A simulated caller's frames and events, 20 ms at a time."""

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.caller.caller_events import (
    AgentSpeechStarted,
    AgentSpeechStopped,
    DtmfPressed,
    HungUp,
    StepTimedOut,
    UtteranceFinished,
    UtteranceStarted,
)
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.script import Listen, Say, Script
from sandbox.caller.script_parser import parse_script
from sandbox.caller.simulated_caller import Outcome, SimulatedCaller
from tests.unit.sandbox.caller.caller_harness import BANK, SPEECH_FRAME, make_caller, run, silence, speech

YES = BANK.recordings["yes"]
YES_MS = -(-len(YES.mulaw) // 160) * 20


def test_a_recording_is_sent_unchanged() -> None:
    """It is sent byte by byte, and the last frame is padded with silence."""
    audio, events = run(make_caller({"say": "yes"}), silence(YES_MS + 100))

    assert audio.startswith(YES.mulaw)
    assert set(audio[len(YES.mulaw) :]) == {0xFF}
    assert events == [
        UtteranceStarted("yes", 0),
        UtteranceFinished(
            "yes", YES.audible_start_ms, YES.audible_end_ms, is_noise=False, interrupted_at_ms=None
        ),
    ]


def test_listening_ends_when_the_agent_has_spoken_and_then_been_silent() -> None:
    """The silence starts after the last audible frame; a shorter pause restarts it."""
    caller = make_caller({"listen": {"silence_ms": 700}}, {"say": "yes"})
    _, events = run(caller, silence(1000), speech(500), silence(600), speech(100), silence(1000))

    assert events == [
        AgentSpeechStarted(1000),
        AgentSpeechStopped(1000, 1500),
        AgentSpeechStarted(2100),
        AgentSpeechStopped(2100, 2200),
        UtteranceStarted("yes", 2880),
    ]


def test_listening_times_out_without_agent_speech() -> None:
    """The script continues, and the timeout does not affect the outcome."""
    caller = make_caller({"listen": {"timeout_s": 1}}, {"say": "yes"}, "expect_hang_up")
    _, events = run(caller, silence(1100 + YES_MS))

    assert events[:2] == [StepTimedOut(1, "listen", 1000), UtteranceStarted("yes", 1000)]
    assert caller.outcome() is Outcome.COMPLETED


def test_a_barge_in_starts_a_set_time_after_the_agent() -> None:
    """The time of the interruption is that of its first audible frame."""
    caller = make_caller({"say": {"text": "yes", "after_agent_starts_ms": 400}})
    _, events = run(caller, silence(200), speech(600), silence(1000))

    assert events[:2] == [AgentSpeechStarted(200), UtteranceStarted("yes", 600)]
    [audio] = [event for event in events if isinstance(event, UtteranceFinished)]
    assert audio.interrupted_at_ms == audio.start_ms == 600 + YES.audible_start_ms


def test_a_barge_in_times_out_if_the_agent_is_silent() -> None:
    """The caller speaks after the timeout."""
    caller = make_caller({"say": {"text": "yes", "after_agent_starts_ms": 400, "timeout_s": 2}})
    _, events = run(caller, silence(3000))

    assert events[:2] == [StepTimedOut(1, "agent to speak", 2000), UtteranceStarted("yes", 2000)]


def test_keys_are_pressed_one_after_another() -> None:
    """Four keys a second are pressed, in silence."""
    audio, events = run(make_caller({"press": "12#"}, "hang_up"), silence(1000))

    # A key falls on the first step of 20 ms that is late enough.
    assert events == [DtmfPressed("1", 0), DtmfPressed("2", 260), DtmfPressed("#", 500), HungUp(760)]
    assert set(audio) == {0xFF}


def test_a_pause_is_silent_for_its_length() -> None:
    """The next step starts at its end."""
    _, events = run(make_caller({"pause": 500}, {"say": "yes"}), silence(600))

    assert events == [UtteranceStarted("yes", 500)]


@pytest.mark.parametrize("kind", ["cough", "door", "static", "uh_huh"])
def test_a_noise_is_marked_as_noise(kind: str) -> None:
    """A noise can start while the agent speaks, like a barge-in."""
    caller = make_caller({"noise": {"kind": kind, "ms": 300, "after_agent_starts_ms": 100}})
    audio, events = run(caller, speech(2000))

    [noise] = [event for event in events if isinstance(event, UtteranceFinished)]
    assert (noise.text, noise.is_noise) == (f"[{kind}]", True)
    assert noise.interrupted_at_ms == noise.start_ms >= 100
    assert audio.strip(b"\xff")


def test_after_the_hang_up_the_caller_is_silent() -> None:
    """The script counts as completed."""
    caller = make_caller("hang_up", {"say": "yes"})
    audio, events = run(caller, silence(500))

    assert events == [HungUp(0)]
    assert set(audio) == {0xFF}
    assert caller.outcome() is Outcome.COMPLETED


def test_a_missing_hang_up_of_the_agent_times_out() -> None:
    """The caller hangs up instead."""
    caller = make_caller({"expect_hang_up": {"timeout_s": 1}})

    assert run(caller, silence(900))[1] == []
    assert caller.outcome() is Outcome.COMPLETED
    assert run(caller, silence(900))[1] == [StepTimedOut(1, "expect_hang_up", 1000), HungUp(1000)]
    assert caller.outcome() is Outcome.TIMED_OUT


def test_a_call_that_ends_before_its_script_was_cut_short() -> None:
    """Some steps of the script remain."""
    caller = make_caller("listen", {"say": "yes"}, "expect_hang_up")
    run(caller, silence(100))

    assert caller.outcome() is Outcome.CUT_SHORT


def test_each_spoken_step_needs_an_utterance() -> None:
    """A missing utterance is an error."""
    with pytest.raises(ValueError, match="one utterance"):
        SimulatedCaller(Script("rms", (Listen(),)), ())
    with pytest.raises(ValueError, match="has no utterance"):
        SimulatedCaller(Script("rms", (Say("yes"),)), (None,)).tick(SILENT_FRAME)


def test_the_open_segment_is_included() -> None:
    """It lasts up to the current time."""
    caller = make_caller({"pause": 5000})
    run(caller, silence(100), speech(300))

    assert [(s.start_ms, s.end_ms) for s in caller.agent_segments()] == [(100, 400)]


@settings(max_examples=50)
@given(st.lists(st.sampled_from([SILENT_FRAME, SPEECH_FRAME, b"", b"\x00" * 77]), max_size=300))
def test_each_received_frame_produces_one_frame(frames: list[bytes]) -> None:
    """This is reproducible for any input."""
    steps = (
        "listen",
        {"say": "yes"},
        {"press": "1"},
        {"noise": {"kind": "uh_huh", "after_agent_starts_ms": 40}},
        "expect_hang_up",
    )
    one, other = make_caller(*steps), make_caller(*steps)
    first, second = [one.tick(frame) for frame in frames], [other.tick(frame) for frame in frames]

    assert first == second
    assert {len(turn.frame) for turn in first} <= {160}


def test_fifty_callers_take_a_fraction_of_a_core() -> None:
    """Five seconds of fifty calls take less than 2.5 s of CPU."""
    people = [make_caller({"repeat": {"times": 9, "steps": [{"say": "no wait"}]}}) for _ in range(50)]
    before_s = time.process_time()
    for _ in range(250):
        for caller in people:
            caller.tick(SPEECH_FRAME)

    assert time.process_time() - before_s < 2.5


def test_recorded_speech_is_played_unchanged() -> None:
    """Without words it is a noise."""
    audio = bytes([0x10, 0x90] * 800)
    step = {"mulaw_base64": base64.b64encode(audio).decode()}
    sent, events = run(make_caller({"play": {**step, "text": "good day"}}, {"play": step}), silence(700))

    assert sent.startswith(audio)
    finished = [event for event in events if isinstance(event, UtteranceFinished)]
    assert [(event.text, event.is_noise) for event in finished] == [("good day", False), ("", True)]


def test_keys_and_a_hang_up_can_wait_for_the_agents_speech() -> None:
    """They count from its start."""
    caller = make_caller(
        {"press": {"digits": "12", "after_agent_starts_ms": 300}}, {"hang_up": {"after_agent_starts_ms": 900}}
    )
    _, events = run(caller, silence(1000), speech(1500))

    assert [event for event in events if isinstance(event, DtmfPressed)] == [
        DtmfPressed("1", 1300),
        DtmfPressed("2", 1560),
    ]
    assert [event.at_ms for event in events if isinstance(event, HungUp)] == [1900]


def test_steps_can_be_added_after_the_script_has_ended() -> None:
    """Their times count from then."""
    caller = make_caller({"pause": 100})
    run(caller, silence(2000))
    script = parse_script({"steps": [{"pause": 500}, {"say": "yes"}]})
    caller.extend(script.steps, BANK.script_utterances(script))
    _, events = run(caller, silence(600))

    assert [event.at_ms for event in events if isinstance(event, UtteranceStarted)] == [2500]
