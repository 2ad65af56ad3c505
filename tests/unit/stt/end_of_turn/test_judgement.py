"""Tests of the combination of words and audio."""

import pytest

from parley.agent_config import SttConfig
from services.stt.completion.assessment import TurnCompletion
from services.stt.end_of_turn.judgement import PENDING_SILENCE_MS, combine

CONFIG = SttConfig()
COMPLETE, INCOMPLETE = TurnCompletion(), TurnCompletion(2500, incomplete=True)


@pytest.mark.parametrize(
    ("words", "probability", "silence_ms", "incomplete"),
    [
        (COMPLETE, None, PENDING_SILENCE_MS, False),
        (COMPLETE, 0.9, 0, False),
        (COMPLETE, 0.1, CONFIG.incomplete_turn_silence_ms, True),
        (TurnCompletion(600), None, 600, False),
        (TurnCompletion(600), 0.9, 600, False),
        (INCOMPLETE, None, 2500, True),
        (INCOMPLETE, 0.99, 2500, True),
        (INCOMPLETE, 0.0, 2500, True),
    ],
)
def test_the_model_only_lengthens_a_pause(
    words: TurnCompletion, probability: float | None, silence_ms: int, incomplete: bool
) -> None:
    """A dictated number seems complete after each group of digits."""
    combined = combine(words, probability, CONFIG)

    assert (combined.min_silence_ms, combined.incomplete) == (silence_ms, incomplete)
