"""Tests of the waterfall of a call's turns."""

from cli.latency import waterfall
from cli.latency_budget import read_budget
from parley.latency.turn import TurnLatency


def test_each_turn_is_a_bar_of_its_stages() -> None:
    """The longest bar fills the width, and the numbers are beside it."""
    slow = TurnLatency(
        turn=1,
        caller_text="hello",
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
    silent = TurnLatency(turn=2, caller_text="hm", speech_end_ms=9000, turn_ended_ms=9250)
    _, first, second = (line.plain for line in waterfall((slow, silent), read_budget()))

    assert first.count("█") == 60
    assert "800 ms = 250 + 350 + 50 + 130 + 20, overhead 27; network 15" in first
    assert first.endswith("hello")
    assert "no answer" in second
