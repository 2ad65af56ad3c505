"""Transcribes one call over OpenAI's Realtime API; implements SttConnection.

OpenAI ends a session after 60 minutes. Before, the next one is opened, and takes over at a moment without
speech: audio is never sent to a session that does not transcribe it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from parley.audio.g711 import make_silence, ms_to_bytes
from parley.errors import ProviderError
from parley.exception_groups import flatten_group
from parley.providers.stt import KeepAlive, SttEvent
from services.stt.providers.openai.commits import MIN_COMMIT_MS, CommitPolicy
from services.stt.providers.openai.errors import PROVIDER
from services.stt.providers.openai.session import TranscriptionSession
from services.stt.providers.openai.socket import TranscriptionSocket

log = structlog.get_logger()

_OVERLAP_MS = 500
"""Audio before the change that is sent to the next session too: the detector reports speech late."""
_CHECK_INTERVAL_S = 0.5
_LIVENESS_INTERVAL_S = 1.0
_RETRY_INTERVAL_S = 10.0

OnEvent = Callable[[SttEvent], Awaitable[None]]
OpenSocket = Callable[[], Awaitable[TranscriptionSocket]]


class OpenAITranscription:
    """The transcription of one call, in one session after the other."""

    def __init__(
        self, socket: TranscriptionSocket, policy: CommitPolicy, pause_ms: int, open_next: OpenSocket
    ) -> None:
        """Create it; `pause_ms` is the silence after which the stage requests final transcripts."""
        self._policy = policy
        self._pause_ms = pause_ms
        self._open_next = open_next
        self._session = TranscriptionSession(socket, policy)
        self._next: TranscriptionSession | None = None
        self._retired: TranscriptionSession | None = None
        """The session before, until its last transcript."""
        self._recent = b""
        """The latest audio."""
        self._start_reading: Callable[[TranscriptionSession], object] = lambda _session: None

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Send audio (mu-law, 8 kHz) that begins at call time `at_ms`."""
        if not audio:
            return
        if self._next is not None:
            await self._change_session(self._next)
        self._policy.push(audio, at_ms)
        self._recent = (self._recent + audio)[-ms_to_bytes(_OVERLAP_MS) :]
        await self._session.socket.append(audio)
        commit = self._policy.due()
        if commit is not None:
            await self._session.commit(commit, _now_s())

    async def finalize(self) -> None:
        """Commit the audio so far, unless its transcript is on the way."""
        missing_ms = MIN_COMMIT_MS - self._policy.duration_ms
        if missing_ms > 0:
            if self._session.outstanding:
                return
            # Less is refused, and the stage waits for a transcript.
            await self._session.socket.append(make_silence(missing_ms))
        await self._session.commit(self._policy.commit(pause_ms=self._pause_ms), _now_s())

    async def keep_alive(self) -> None:
        """Do nothing: a session without audio stays open, and pings keep its connection."""

    async def run(self, on_event: OnEvent) -> None:
        """Deliver transcripts until a session is lost, then raise ProviderError."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._start_reading = lambda session: tasks.create_task(self._read(session, on_event))
                self._start_reading(self._session)
                tasks.create_task(self._watch(), name="watch the session")
                tasks.create_task(self._report_liveness(on_event), name="report liveness")
        except BaseExceptionGroup as group:
            raise flatten_group(group)[0] from None

    async def close(self) -> None:
        """Close all sessions; does not raise."""
        sessions = (self._session, self._next, self._retired)
        await asyncio.gather(*(session.socket.close() for session in sessions if session is not None))

    def abort(self) -> None:
        """Drop all connections."""
        for session in (self._session, self._next, self._retired):
            if session is not None:
                session.socket.abort()

    async def _read(self, session: TranscriptionSession, on_event: OnEvent) -> None:
        while session is self._session or session.outstanding:
            try:
                message = await session.socket.receive()
            except ProviderError:
                if session is self._session or session.outstanding:
                    raise
                break
            for event in session.read(message, _now_s()):
                await on_event(event)
        await session.socket.close()
        self._retired = None

    async def _report_liveness(self, on_event: OnEvent) -> None:
        """Report that the connection works: in noise, OpenAI sends no message that would show it.

        A session that owes a transcript shows by nothing else that it works.
        """
        while True:
            await asyncio.sleep(_LIVENESS_INTERVAL_S)
            await self._session.socket.answers()
            if not self._session.outstanding:
                await on_event(KeepAlive())

    async def _watch(self) -> None:
        """Check for overdue transcripts; open the next session in time."""
        retry_at_s = 0.0
        while True:
            await asyncio.sleep(_CHECK_INTERVAL_S)
            now_s = _now_s()
            for session in filter(None, (self._session, self._retired)):
                session.check(now_s)
            if self._next is None and now_s >= max(self._session.renew_at_s, retry_at_s):
                try:
                    socket = await self._open_next()
                except ProviderError as error:
                    log.warning("session_not_renewed", provider=PROVIDER, reason=error.reason)
                    retry_at_s = _now_s() + _RETRY_INTERVAL_S
                else:
                    self._next = TranscriptionSession(socket, self._policy)

    async def _change_session(self, following: TranscriptionSession) -> None:
        """Use the next session, if no speech is in progress or there is no time left."""
        session, idle = self._session, self._policy.idle and not self._session.outstanding
        if not idle and _now_s() < session.force_at_s:
            return
        if idle:
            await following.socket.append(self._recent)
        elif self._policy.duration_ms >= MIN_COMMIT_MS:
            await session.commit(self._policy.commit(), _now_s())
        self._session, self._next, self._retired = following, None, session
        log.info("session_renewed", provider=PROVIDER)
        self._start_reading(following)
        if not session.outstanding:
            # Its reader waits for a message, and ends with the connection.
            session.socket.abort()


def _now_s() -> float:
    return time.monotonic()
