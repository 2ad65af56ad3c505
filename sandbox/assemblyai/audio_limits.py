"""The durations and the pace of a session's audio, checked as AssemblyAI does. No I/O, no clock."""

from sandbox.assemblyai.failure import SessionFailure
from sandbox.assemblyai.settings import AssemblyAiSandboxSettings

_MIN_MS, _MAX_MS = 50, 1000


class AudioLimits:
    """Counts the audio of one session."""

    def __init__(self) -> None:
        self.received_ms = 0.0

    def check(self, duration_ms: float, elapsed_s: float, settings: AssemblyAiSandboxSettings) -> None:
        """Count a message's audio, received `elapsed_s` after the session began.

        Raises:
            SessionFailure: it is too short, too long, or earlier than real time allows.
        """
        if not _MIN_MS <= duration_ms <= _MAX_MS:
            reason = (
                f"Input duration violation: {duration_ms:g} ms. Expected between {_MIN_MS} and {_MAX_MS} ms"
            )
            raise SessionFailure(3007, reason)
        self.received_ms += duration_ms
        received_s = self.received_ms / 1000
        if received_s > elapsed_s * settings.assemblyai_max_speed + settings.assemblyai_burst_s:
            reason = f"Received {received_s:.1f} sec. audio in {elapsed_s:.1f} sec"
            raise SessionFailure(3007, f"Audio Transmission Rate Exceeded: {reason}")
