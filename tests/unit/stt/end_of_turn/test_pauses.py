"""Tests of the judgement of one call's pauses."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from parley.agent_config import SttConfig
from services.stt.completion.assessment import TurnCompletion
from services.stt.end_of_turn import turn_model
from services.stt.end_of_turn.judgement import PENDING_SILENCE_MS
from services.stt.end_of_turn.pauses import Pauses
from services.stt.end_of_turn.turn_model import TurnModel

CONFIG = SttConfig()


class Unfinished:
    """A model for which every turn is unfinished."""

    def probability(self, _mulaw: bytes) -> float:
        """Return 0."""
        return 0.0


async def test_a_pause_is_longer_once_it_is_judged_unfinished(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next speech makes the judgement void."""
    monkeypatch.setattr(turn_model, "SETTLE_S", 0.0)
    judged = asyncio.Event()

    async def on_judged() -> None:
        judged.set()

    with ThreadPoolExecutor(1) as executor:
        pauses = Pauses(TurnModel(Unfinished(), executor), CONFIG, on_judged)
        running = asyncio.create_task(pauses.run())
        pauses.push_audio(b"\xff" * 160)
        pauses.speech_changed(started=False)
        before = pauses.combine(TurnCompletion()).min_silence_ms
        async with asyncio.timeout(5):
            await judged.wait()
        after = pauses.combine(TurnCompletion()).min_silence_ms
        pauses.speech_changed(started=True)
        running.cancel()

    assert (before, after) == (PENDING_SILENCE_MS, CONFIG.incomplete_turn_silence_ms)
    assert pauses.combine(TurnCompletion()).min_silence_ms == PENDING_SILENCE_MS


async def test_without_a_model_the_words_decide() -> None:
    """No pause is judged."""

    async def never() -> None:
        raise AssertionError

    pauses = Pauses(None, CONFIG, never)
    pauses.push_audio(b"\xff")
    pauses.speech_changed(started=False)
    await pauses.run()

    assert pauses.combine(TurnCompletion(600)) == TurnCompletion(600)


async def test_a_provider_that_detects_turns_needs_no_model() -> None:
    """The model judges again when another provider transcribes."""

    async def ignore() -> None:
        pass

    with ThreadPoolExecutor(1) as executor:
        pauses = Pauses(TurnModel(Unfinished(), executor), CONFIG, ignore)
        pauses.enable(enabled=False)
        pauses.speech_changed(started=False)
        assert pauses.combine(TurnCompletion(600)) == TurnCompletion(600)
        pauses.enable(enabled=True)

        assert pauses.combine(TurnCompletion()).min_silence_ms == PENDING_SILENCE_MS
