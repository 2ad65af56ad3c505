"""The latency of a turn and its parts."""

from dataclasses import replace

import pytest

from parley.latency.turn import PARTS, TurnLatency

TURN = TurnLatency(
    turn=1,
    speech_end_ms=1000,
    turn_ended_ms=1250,
    llm_requested_ms=1255,
    first_token_ms=1600,
    first_clause_ms=1650,
    tts_requested_ms=1652,
    synthesis_started_ms=1780,
    playback_started_ms=1800,
    first_played_ms=1815,
)


def test_the_parts_add_up_to_the_latency() -> None:
    """The parts cover the time from the end of the speech to the first audio."""
    assert TURN.latency_ms == 800
    assert TURN.parts_ms == dict(zip(PARTS, (250, 350, 50, 130, 20), strict=True))
    assert sum(TURN.parts_ms.values()) == TURN.latency_ms
    assert TURN.playout_delay_ms == 15


def test_overhead_is_the_time_between_the_providers() -> None:
    """It is 5 ms before the model's request, 2 ms before the TTS request and 20 ms before sending."""
    assert TURN.overhead_ms == 27


def test_work_done_before_the_end_of_the_turn_adds_nothing() -> None:
    """A speculative reply waits for the end of the turn; its overhead cannot be measured."""
    early = replace(TURN, llm_requested_ms=900, first_token_ms=1100, first_clause_ms=1150)
    assert early.parts_ms == dict(zip(PARTS, (250, 0, 0, 530, 20), strict=True))
    assert early.overhead_ms is None


def test_a_reply_without_a_request_does_not_wait_for_a_token() -> None:
    """An opener is a fixed text."""
    opener = replace(TURN, llm_requested_ms=None, first_token_ms=None, first_clause_ms=1260)
    assert opener.parts_ms["llm_ttft"] == 10
    assert opener.parts_ms["first_clause"] == 0
    assert opener.overhead_ms is None


@pytest.mark.parametrize("turn", [TurnLatency(turn=1, speech_end_ms=5), TurnLatency(turn=1, turn_ended_ms=5)])
def test_without_an_end_there_are_no_parts(turn: TurnLatency) -> None:
    """A turn that has not ended has no parts."""
    assert turn.parts_ms == {}


def test_a_turn_without_an_answer_has_the_parts_that_were_reached() -> None:
    """Its latency is not defined."""
    silent = TurnLatency(turn=1, speech_end_ms=1000, turn_ended_ms=1250)
    assert silent.parts_ms == {"endpointing": 250}
    assert silent.latency_ms is None
