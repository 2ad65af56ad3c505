"""Faults of a transcribing emulator's sockets."""

from collections.abc import Callable

from sandbox.recognition.settings import RecognitionSettings


class SocketFaults:
    """Counts the sockets that have got a fault."""

    def __init__(self, settings: Callable[[], RecognitionSettings]) -> None:
        self._settings = settings
        self._count = 0

    def take(self, model: str) -> bool:
        """Whether a socket for a model gets the configured fault; counts it if so."""
        settings = self._settings()
        if settings.stt_fault_model not in ("", model) or self._count >= settings.stt_fault_sockets:
            return False
        self._count += 1
        return True
