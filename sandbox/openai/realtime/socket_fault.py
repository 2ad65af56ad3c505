"""The fault `stt_fault` of one transcription session."""

import asyncio

from sandbox.openai.realtime.outgoing import CloseSession, Outgoing
from sandbox.openai.realtime.session_config import SessionConfig
from sandbox.recognition.faults import SocketFaults
from sandbox.recognition.settings import RecognitionSettings

_HANG_S = 600.0
_BYTES_PER_S = 8000


class SocketFault:
    """Causes the fault once the session has received enough audio."""

    def __init__(self, faults: SocketFaults, config: SessionConfig, outgoing: Outgoing) -> None:
        self._faults = faults
        self._config = config
        self._outgoing = outgoing
        self._received = 0
        self._done = False

    async def on_audio(self, byte_count: int, settings: RecognitionSettings) -> None:
        """Cause the fault if it is due, after this much more mu-law.

        Raises:
            CloseSession: the fault is `close`.
        """
        self._received += byte_count
        due = self._received >= settings.stt_fault_after_s * _BYTES_PER_S
        if self._done or not (settings.stt_fault and due and self._config.transcribes):
            return
        if not self._faults.take(self._config.transcription_model):
            return
        self._done = True
        match settings.stt_fault:
            case "hang":
                await asyncio.sleep(_HANG_S)
            case "close":
                raise CloseSession(1011, "server_error")
            case _:
                await self._outgoing.send_text("{this is no JSON")
