"""Limit of the texts that are synthesised at once. No I/O."""

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.emulator import RuntimeSettings


class Concurrency:
    """Counts the texts that are being synthesised, over all connections."""

    def __init__(self, runtime_settings: RuntimeSettings[ElevenLabsSandboxSettings]) -> None:
        self._runtime_settings = runtime_settings
        self._running = 0

    @property
    def is_full(self) -> bool:
        """Whether the plan's limit is reached."""
        limit = self._runtime_settings.current.tts_max_concurrency
        return bool(limit) and self._running >= limit

    @property
    def rejection(self) -> Rejected:
        """The rejection of a request beyond the limit."""
        limit = self._runtime_settings.current.tts_max_concurrency
        return Rejected(
            "too_many_concurrent_requests",
            "Too many concurrent requests. Your current subscription is associated with a maximum of "
            f"{limit} concurrent requests (running in parallel).",
        )

    def begin(self) -> None:
        """Count a text."""
        self._running += 1

    def end(self) -> None:
        """Stop counting a text."""
        self._running -= 1
