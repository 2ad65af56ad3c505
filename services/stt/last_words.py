"""Adds the turn of a caller whose call ended before its words had a final transcript."""

import asyncio
from contextlib import suppress
from math import inf
from typing import Protocol

_AUDIO_TIMEOUT_S = 2.0
"""An owner that has claimed the call late reads the audio so far from the stream."""
_AUDIO_PAUSE_S = 0.2
"""`call.ended` may overtake audio that the edge published before it."""
_FINAL_TIMEOUT_S = 2.0
_STEP_S = 0.05

CALL_ENDED = "call_ended"
"""The reason for the end of such a turn."""


class Turns(Protocol):
    """The part of the recognizer of turns that is needed."""

    @property
    def awaits_final(self) -> bool:
        """Whether speech or an interim word has no final transcript yet."""

    async def on_stream_stopped(self) -> None:
        """End the speech, because no audio follows."""

    async def end_turn(self, decided_by: str) -> None:
        """End the turn, if it has words."""


class Finalizer(Protocol):
    """The part of the connection to the provider that is needed."""

    def request_finalize(self, *, last: bool = False) -> None:
        """Request a final transcript; the last request is not repeated to a second connection."""


class LastWords:
    """The end of one call's transcription, in about 4 s at most."""

    def __init__(self, turns: Turns, provider: Finalizer) -> None:
        self._turns = turns
        self._provider = provider
        self._caught_up = asyncio.Event()
        self._audio_at_s = -inf
        self.begun = False
        """Whether the call has ended, so that the next owner of stt would have to begin again."""

    def caught_up(self) -> None:
        """All stored audio has been read."""
        self._caught_up.set()

    def audio_processed(self) -> None:
        """Audio of the caller has been processed."""
        self._audio_at_s = asyncio.get_running_loop().time()

    async def add(self) -> None:
        """After the end of the call, wait for the transcript of the last words, and end their turn."""
        self.begun = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_AUDIO_TIMEOUT_S):
                await self._caught_up.wait()
                await self._audio_has_paused()
        await self._turns.on_stream_stopped()
        if self._turns.awaits_final:
            self._provider.request_finalize(last=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(_FINAL_TIMEOUT_S):
                    await self._final()
        await self._turns.end_turn(CALL_ENDED)

    async def _audio_has_paused(self) -> None:
        loop = asyncio.get_running_loop()
        while (left_s := self._audio_at_s + _AUDIO_PAUSE_S - loop.time()) > 0:  # noqa: ASYNC110 - more may come
            await asyncio.sleep(left_s)

    async def _final(self) -> None:
        while self._turns.awaits_final:  # noqa: ASYNC110 - it changes with each transcript
            await asyncio.sleep(_STEP_S)
