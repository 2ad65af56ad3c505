"""A bus that records the caller audio published on it."""

from typing import Any

from parley.v1.audio_pb2 import CallerAudio


class FakeBus:
    """Stands for `Bus` in tests of what is published; it has no server."""

    def __init__(self) -> None:
        self.audio: list[CallerAudio] = []

    async def publish_audio(self, subject: str, data: bytes) -> None:
        """Record a frame."""
        self.subject = subject
        self.audio.append(CallerAudio.FromString(data))


def fake_bus() -> Any:
    return FakeBus()
