"""The model of a process, shared by its calls, and its use in one call."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol

import structlog

from parley.errors import ConfigError
from services.stt.end_of_turn.smart_turn import MAX_AUDIO_BYTES, SmartTurn

log = structlog.get_logger()

_MAX_WAITING = 4
"""Pauses that wait for the model; by their turn, further ones would have ended."""
SETTLE_S = 0.2
"""Silence after the last word that the model needs."""


class Judge(Protocol):
    """Judges the end of a turn by its audio."""

    def probability(self, mulaw: bytes) -> float:
        """Return the probability that the speech at the end of the mu-law audio is complete."""


class TurnModel:
    """Runs the model in a thread of its own, one pause at a time."""

    def __init__(self, judge: Judge, executor: ThreadPoolExecutor) -> None:
        self._judge = judge
        self._executor = executor
        self._waiting = 0

    async def probability(self, mulaw: bytes) -> float:
        """Return the probability that the turn is complete; 1 if the model is busy or fails."""
        if self._waiting >= _MAX_WAITING:
            return 1.0
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, self._judge.probability, mulaw)
        except Exception as error:  # the words decide alone
            log.warning("turn_model_failed", reason=type(error).__name__)
            return 1.0
        finally:
            self._waiting -= 1


@contextmanager
def open_turn_model(path: str) -> Iterator[TurnModel | None]:
    """Load the model while entered; None if `path` is empty or the model cannot be loaded."""
    if not path:
        yield None
        return
    try:
        judge = SmartTurn(path)
    except ConfigError as error:
        log.error("turn_model_not_loaded", reason=str(error), effect="words alone decide")
        yield None
        return
    log.info("turn_model_loaded", path=path)
    with ThreadPoolExecutor(1, "turn-model") as executor:
        yield TurnModel(judge, executor)


class PauseListener:
    """Has the model judge each pause of one call once."""

    def __init__(self, model: TurnModel, on_probability: Callable[[float], Awaitable[None]]) -> None:
        self._model = model
        self._on_probability = on_probability
        self._audio = bytearray()
        self._pause = asyncio.Event()

    def push_audio(self, mulaw: bytes) -> None:
        """Remember the caller's audio."""
        self._audio += mulaw
        del self._audio[:-MAX_AUDIO_BYTES]

    def pause_started(self) -> None:
        """Have the model judge the pause that has just begun."""
        self._pause.set()

    def speech_started(self) -> None:
        """Discard a pause that the model has not judged yet."""
        self._pause.clear()

    async def run(self) -> None:
        """Long-lived: judge pauses, one after another."""
        while True:
            await self._pause.wait()
            await asyncio.sleep(SETTLE_S)
            if self._pause.is_set():
                self._pause.clear()
                await self._on_probability(await self._model.probability(bytes(self._audio)))
