"""Keep a socket to the provider for as long as the call lives, and send it all of the caller's sound."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout
from parley.providers.stt import SttConnection, SttEvent
from parley.runtime.cancellation import raise_if_cancelled
from services.stt.sound_buffer import SoundBuffer

log = structlog.get_logger()

_KEEP_ALIVE_S = 4.0
"""The provider closes a socket that is silent for ten."""
_REFUSED_WAIT_S = 5.0
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0
_MUTE_S = 2.0
"""A provider that has said nothing, not even nothing, this long after a voice began is half dead: a live one
tells of every voice within a second or two."""
_MUTE_AFTER_S = 1.2
"""Nor does a live one say nothing for so long after the voice has ended."""
_FIRST_WORD_S = 1.0
"""So long a new socket may be silent, beyond what it has been sent at once."""
_WELL_S = 30.0
"""A socket that lived this long was a good one."""
_PIECE_BYTES = 8000

Open = Callable[[], AbstractAsyncContextManager[SttConnection]]
"""Opens a socket."""


class Transcribing:
    """One call's way to the provider. `run` is its one long-lived task."""

    def __init__(
        self,
        open_connection: Open,
        buffer: SoundBuffer,
        heard: Callable[[SttEvent], Awaitable[None]],
        failed: Callable[[ProviderError], Awaitable[None]],
        mute_s: float = _MUTE_S,
        mute_after_s: float = _MUTE_AFTER_S,
        first_word_s: float = _FIRST_WORD_S,
    ) -> None:
        self._open = open_connection
        self._buffer = buffer
        self._tell = heard
        self._failed = failed
        self._mute_s = mute_s
        self._mute_after_s = mute_after_s
        self._first_word_s = first_word_s
        self._news = asyncio.Event()
        self._finalize = False
        self._failures = 0
        self._sound_came = False
        self._voice_since_s: float | None = None
        self._voice_until_s = self._patient_until_s = 0.0

    def sound_came(self, *, voiced: bool) -> None:
        """There is more in the buffer."""
        self._sound_came = True
        if voiced:
            self._voice_until_s = asyncio.get_running_loop().time()
            if self._voice_since_s is None:
                self._voice_since_s = self._voice_until_s
        self._news.set()

    def finalize(self) -> None:
        """Have the provider make its guess final."""
        self._finalize = True
        self._news.set()

    async def run(self) -> None:
        """Long-lived: connect, send, listen; and again when the socket is lost."""
        while True:
            lost, opened_s = None, float("inf")
            try:
                async with self._open() as connection:
                    opened_s = asyncio.get_running_loop().time()
                    await self._talk(connection)
            except* ProviderError as group:
                lost = _first(group)
            raise_if_cancelled()
            if asyncio.get_running_loop().time() - opened_s > _WELL_S:
                self._failures = 0
            if lost is not None:
                await self._lost(lost)

    async def _lost(self, error: ProviderError) -> None:
        self._failures += 1
        if self._failures == 1:
            log.error("transcriber lost", provider=error.provider, code=error.code, reason=error.reason)
        await self._failed(error)
        await asyncio.sleep(_wait_s(error, self._failures))

    async def _talk(self, connection: SttConnection) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._voice_since_s is not None:
            self._voice_since_s = self._voice_until_s = now_s
        # What was said before comes all at once, and the provider takes it hardly faster than it was said.
        backlog_s = (self._buffer.end_ms - self._buffer.start_ms) / 1000
        self._patient_until_s = now_s + self._first_word_s + backlog_s
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(connection.run(self._heard), name="hear the provider")
            tasks.create_task(self._send(connection), name="send sound")
            tasks.create_task(self._watch(), name="watch the provider")
            # Within the group: see `heed_cancellation`.
            await asyncio.get_running_loop().create_future()

    async def _heard(self, heard: SttEvent) -> None:
        # Not when the socket opens: one that is closed again at once would be opened for ever without pause.
        self._failures = 0
        self._voice_since_s = None
        await self._tell(heard)

    async def _watch(self) -> None:
        step_s = min(self._mute_s, self._mute_after_s) / 8
        while True:
            await asyncio.sleep(step_s)
            since_s, now_s = self._voice_since_s, asyncio.get_running_loop().time()
            if since_s is None:
                continue
            if not self._sound_came:
                # A line that is frozen gives it nothing to tell of.
                self._voice_since_s, self._voice_until_s = since_s + step_s, self._voice_until_s + step_s
                continue
            self._sound_came = False
            if now_s < self._patient_until_s:
                continue
            if now_s - since_s > self._mute_s or now_s - self._voice_until_s > self._mute_after_s:
                raise ProviderTimeout("deepgram", f"said nothing for {now_s - since_s:.1f} s, to a voice")

    async def _send(self, connection: SttConnection) -> None:
        sent_ms = self._buffer.start_ms
        while True:
            for sound in self._buffer.since(sent_ms):
                for at in range(0, len(sound.mulaw), _PIECE_BYTES):
                    await connection.send(sound.mulaw[at : at + _PIECE_BYTES], sound.at_ms + at // 8)
                sent_ms = sound.end_ms
            if self._finalize:
                self._finalize = False
                await connection.finalize()
            async with _no_longer_than(_KEEP_ALIVE_S) as silent:
                await self._news.wait()
            self._news.clear()
            if silent():
                await connection.keep_alive()


@asynccontextmanager
async def _no_longer_than(timeout_s: float) -> AsyncIterator[Callable[[], bool]]:
    """A time limit that is told, not raised."""
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            yield limit.expired
    except TimeoutError:
        if not limit.expired():
            raise


def _first(group: BaseExceptionGroup[ProviderError]) -> ProviderError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, ProviderError)  # noqa: S101 - the group holds nothing else
    return error


def _wait_s(error: ProviderError, failures: int) -> float:
    # The first refusal may be answered by another model.
    if isinstance(error, ProviderRejected) and failures > 1:
        return _REFUSED_WAIT_S
    return float(min(_FIRST_WAIT_S * 2 ** (min(failures, 10) - 1), _LONGEST_WAIT_S))
