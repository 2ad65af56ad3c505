"""A bus that records the caller audio published on it."""

from typing import Any

from parley.v1.audio_pb2 import CallerAudio


class _AudioPublisher:
    def __init__(self, bus: "FakeBus") -> None:
        self._bus = bus

    async def publish(self, subject: str, data: bytes) -> None:
        """Record a frame."""
        self._bus.subject = subject
        self._bus.published.append(CallerAudio.FromString(data))


class FakeBus:
    """Has no server; `published` is the caller audio so far."""

    def __init__(self) -> None:
        self.subject = ""
        self.published: list[CallerAudio] = []
        self.audio = _AudioPublisher(self)


def fake_bus() -> Any:
    """A fake that is typed as a `Bus`."""
    return FakeBus()
