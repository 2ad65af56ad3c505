"""The agent's audio on the bus."""

from parley.audio.audio_output import AudioOutput
from parley.v1.audio_pb2 import AgentAudio


class FakeBus:
    """Keeps the published messages."""

    def __init__(self) -> None:
        self.published: list[tuple[str, AgentAudio]] = []

    async def publish(self, subject: str, data: bytes) -> None:
        """Keep a message."""
        self.published.append((subject, AgentAudio.FromString(data)))


async def test_long_audio_is_cut_into_counted_chunks() -> None:
    """A chunk has at most 200 ms and its offset in the reply; one sequence counts over all replies."""
    bus = FakeBus()
    output = AudioOutput(bus, "CA1", 3)
    await output.publish("r1", 80, b"x" * 3500)
    await output.publish("r2", 0, b"y")
    await output.publish_last("r2", 1)

    assert {subject for subject, _ in bus.published} == {"audio.out.CA1"}
    assert [
        (a.epoch, a.sequence, a.reply_id, a.offset_samples, len(a.mulaw), a.last) for _, a in bus.published
    ] == [
        (3, 1, "r1", 80, 1600, False),
        (3, 2, "r1", 1680, 1600, False),
        (3, 3, "r1", 3280, 300, False),
        (3, 4, "r2", 0, 1, False),
        (3, 5, "r2", 1, 0, True),
    ]
