"""Combines the model's probability with the judgement of the words. No I/O, no clock."""

from dataclasses import replace

from parley.agent_config import SttConfig
from services.stt.completion.assessment import TurnCompletion

INCOMPLETE_BELOW = 0.3
"""Below this probability the caller is taken to be unfinished, as 8 % of finished telephone prompts are."""
PENDING_SILENCE_MS = 350
"""Silence that the turn needs until the model has answered: it judges 200 ms of silence within 100 ms."""


def combine(completion: TurnCompletion, probability: float | None, config: SttConfig) -> TurnCompletion:
    """Return how complete a turn is by its words and its audio.

    `probability` is the model's, None until it has answered. The model lengthens the pause of a turn whose
    words are complete. It never shortens that of a turn whose words are not, because a dictated number seems
    complete after each group.
    """
    if completion.incomplete:
        return completion
    if probability is None:
        return replace(completion, min_silence_ms=max(completion.min_silence_ms, PENDING_SILENCE_MS))
    if probability >= INCOMPLETE_BELOW:
        return completion
    silence_ms = max(completion.min_silence_ms, config.incomplete_turn_silence_ms)
    return TurnCompletion(silence_ms, incomplete=True, speculate_after_ms=config.turn_silence_ms)
