"""Barge-ins and false ones, from the callers' reports and the calls' logs."""

from bench.speech.call_stats import CallsResult, as_json, calls_result, table
from bench.turns.calls import Call
from parley.v1.playback_pb2 import BargeIn as BargeInEvent
from parley.v1.playback_pb2 import PlaybackPaused
from sandbox.caller.report import AgentSpeech, BargeIn, CallerSpeech, Report, Response
from tests.event_factories import START_US, events_of


def call(speech: list[CallerSpeech], barge_ins: list[BargeIn], *paused_ms: int) -> Call:
    """A call whose first answer shows when it began, with an interruption at each of these times."""
    answered = Response(after="", gap_ms=500, first_audio_at=START_US / 1e6 + 1.5)
    report = Report(
        call_sid="CA1",
        outcome="completed",
        duration_ms=20_000,
        caller_speech=[CallerSpeech(text="hello", start_ms=0, end_ms=1000), *speech],
        agent_speech=[AgentSpeech(start_ms=1500, end_ms=11_500)],
        responses=[answered],
        barge_ins=barge_ins,
        timeouts=[],
        warnings=[],
    )
    bodies = [(at_ms, body) for at_ms in paused_ms for body in (PlaybackPaused(reply_id="r"), BargeInEvent())]
    return Call("CA1", report, tuple(events_of(*bodies)))


def test_words_that_stop_the_agent_are_no_false_barge_in() -> None:
    """An interruption counts as false unless the caller speaks words at that time, or just has."""
    words = CallerSpeech(text="please stop", start_ms=5000, end_ms=6000)
    cough = CallerSpeech(text="[cough]", start_ms=8000, end_ms=8300)
    stopped = BargeIn(spoke_at_ms=5000, agent_silent_after_ms=140)
    result = calls_result(1, [call([words, cough], [stopped], 5100, 8100)], [], {"please stop": 30})

    assert (result.silent_after_ms, result.missed) == ([170], 0)
    assert (result.noises, result.false_pauses, result.false_barge_ins) == (1, 1, 1)
    assert result.agent_speech_s == 10


def test_words_that_do_not_stop_the_agent_are_missed() -> None:
    """They do not count in the times."""
    words = CallerSpeech(text="please stop", start_ms=5000, end_ms=6000)
    result = calls_result(1, [call([words], [BargeIn(spoke_at_ms=5000, agent_silent_after_ms=5000)])], [], {})

    assert (result.silent_after_ms, result.missed) == ([], 1)


def test_the_results_are_written_and_shown() -> None:
    """Without any barge-in the times are empty."""
    results = [CallsResult(1, [100, 200], noises=3), CallsResult(20)]

    assert [as_json(result)["silent_after_ms"]["p50"] for result in results] == [150, None]
    assert table(results).row_count == 2
