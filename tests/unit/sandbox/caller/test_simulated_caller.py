"""What a person does, 20 ms at a time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.script import Listen, Say, Script
from sandbox.caller.simulated_caller import (
    AgentSpeechStarted,
    AgentSpeechStopped,
    DtmfPressed,
    HungUp,
    Outcome,
    SimulatedCaller,
    StepTimedOut,
    UtteranceFinished,
    UtteranceStarted,
)
from tests.unit.sandbox.caller.caller_harness import BANK, VOICE, hold, person, quiet, voice

YES = BANK.recordings["yes"]
YES_MS = -(-len(YES.mulaw) // 160) * 20


def test_a_recording_is_said_unchanged() -> None:
    """Byte by byte, its last frame filled up with silence."""
    said, events = hold(person({"say": "yes"}), quiet(YES_MS + 100))

    assert said.startswith(YES.mulaw)
    assert set(said[len(YES.mulaw) :]) == {0xFF}
    assert events == [
        UtteranceStarted("yes", 0),
        UtteranceFinished(
            "yes", YES.voiced_start_ms, YES.voiced_end_ms, is_noise=False, interrupted_at_ms=None
        ),
    ]


def test_listening_ends_when_the_agent_has_spoken_and_then_been_silent() -> None:
    """The silence is counted from the last sound; a pause in between starts it anew."""
    caller = person({"listen": {"silence_ms": 700}}, {"say": "yes"})
    _, events = hold(caller, quiet(1000), voice(500), quiet(600), voice(100), quiet(1000))

    assert events == [
        AgentSpeechStarted(1000),
        AgentSpeechStopped(1000, 1500),
        AgentSpeechStarted(2100),
        AgentSpeechStopped(2100, 2200),
        UtteranceStarted("yes", 2880),
    ]


def test_who_hears_nothing_gives_up_and_goes_on() -> None:
    """It is told, and does not count as the end of the script."""
    caller = person({"listen": {"timeout_s": 1}}, {"say": "yes"}, "expect_hang_up")
    _, events = hold(caller, quiet(1100 + YES_MS))

    assert events[:2] == [StepTimedOut(1, "listen", 1000), UtteranceStarted("yes", 1000)]
    assert caller.outcome() is Outcome.COMPLETED


def test_a_barge_in_comes_so_long_after_the_agent_began() -> None:
    """And is known as one, from its first voiced frame on."""
    caller = person({"say": {"text": "yes", "after_agent_starts_ms": 400}})
    _, events = hold(caller, quiet(200), voice(600), quiet(1000))

    assert events[:2] == [AgentSpeechStarted(200), UtteranceStarted("yes", 600)]
    [said] = [event for event in events if isinstance(event, UtteranceFinished)]
    assert said.interrupted_at_ms == said.start_ms == 600 + YES.voiced_start_ms


def test_who_waits_to_interrupt_a_silent_agent_speaks_in_the_end() -> None:
    """After the time-out, which is told."""
    caller = person({"say": {"text": "yes", "after_agent_starts_ms": 400, "timeout_s": 2}})
    _, events = hold(caller, quiet(3000))

    assert events[:2] == [StepTimedOut(1, "agent to speak", 2000), UtteranceStarted("yes", 2000)]


def test_keys_are_pressed_one_after_another() -> None:
    """Four a second, in silence."""
    said, events = hold(person({"press": "12#"}, "hang_up"), quiet(1000))

    # A key falls on the first step of 20 ms that is late enough.
    assert events == [DtmfPressed("1", 0), DtmfPressed("2", 260), DtmfPressed("#", 500), HungUp(760)]
    assert set(said) == {0xFF}


def test_a_pause_is_silent_and_as_long_as_wanted() -> None:
    """Then the next step comes."""
    _, events = hold(person({"pause": 500}, {"say": "yes"}), quiet(600))

    assert events == [UtteranceStarted("yes", 500)]


@pytest.mark.parametrize("kind", ["cough", "door", "static", "uh_huh"])
def test_a_noise_is_heard_but_is_no_words(kind: str) -> None:
    """It may come while the agent speaks."""
    caller = person({"noise": {"kind": kind, "ms": 300, "after_agent_starts_ms": 100}})
    said, events = hold(caller, voice(2000))

    [noise] = [event for event in events if isinstance(event, UtteranceFinished)]
    assert (noise.text, noise.is_noise) == (f"[{kind}]", True)
    assert noise.interrupted_at_ms == noise.start_ms >= 100
    assert said.strip(b"\xff")


def test_who_hangs_up_says_nothing_any_more() -> None:
    """And the script is done."""
    caller = person("hang_up", {"say": "yes"})
    said, events = hold(caller, quiet(500))

    assert events == [HungUp(0)]
    assert set(said) == {0xFF}
    assert caller.outcome() is Outcome.COMPLETED


def test_an_agent_that_does_not_hang_up_is_told_of() -> None:
    """The person hangs up instead."""
    caller = person({"expect_hang_up": {"timeout_s": 1}})

    assert hold(caller, quiet(900))[1] == []
    assert caller.outcome() is Outcome.COMPLETED
    assert hold(caller, quiet(900))[1] == [StepTimedOut(1, "expect_hang_up", 1000), HungUp(1000)]
    assert caller.outcome() is Outcome.TIMED_OUT


def test_a_call_that_ends_too_early_was_cut_short() -> None:
    """Steps were left."""
    caller = person("listen", {"say": "yes"}, "expect_hang_up")
    hold(caller, quiet(100))

    assert caller.outcome() is Outcome.CUT_SHORT


def test_each_step_needs_its_sound() -> None:
    """Or none is wanted."""
    with pytest.raises(ValueError, match="one utterance"):
        SimulatedCaller(Script("rms", (Listen(),)), ())
    with pytest.raises(ValueError, match="has no utterance"):
        SimulatedCaller(Script("rms", (Say("yes"),)), (None,)).tick(SILENT_FRAME)


def test_speech_that_goes_on_is_heard_up_to_now() -> None:
    """The segment that is open is there already."""
    caller = person({"pause": 5000})
    hold(caller, quiet(100), voice(300))

    assert [(s.start_ms, s.end_ms) for s in caller.agent_segments()] == [(100, 400)]


@settings(max_examples=50)
@given(st.lists(st.sampled_from([SILENT_FRAME, VOICE, b"", b"\x00" * 77]), max_size=300))
def test_whatever_is_heard_twenty_milliseconds_are_said(heard: list[bytes]) -> None:
    """And the same things heard make the same things said."""
    steps = (
        "listen",
        {"say": "yes"},
        {"press": "1"},
        {"noise": {"kind": "uh_huh", "after_agent_starts_ms": 40}},
        "expect_hang_up",
    )
    one, other = person(*steps), person(*steps)
    first, second = [one.tick(frame) for frame in heard], [other.tick(frame) for frame in heard]

    assert first == second
    assert {len(turn.frame) for turn in first} <= {160}


def test_fifty_people_take_a_fraction_of_a_core() -> None:
    """Five seconds of fifty calls in far less than five seconds of work."""
    people = [person({"repeat": {"times": 9, "steps": [{"say": "no wait"}]}}) for _ in range(50)]
    before_s = time.process_time()
    for _ in range(250):
        for caller in people:
            caller.tick(VOICE)

    assert time.process_time() - before_s < 2.5
