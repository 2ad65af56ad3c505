"""The agent's sound on the bus."""

from parley.v1.audio_pb2 import AgentAudio
from services.tts.publish import AudioOut


class Kept:
    """A bus that keeps what is published."""

    def __init__(self) -> None:
        self.said: list[tuple[str, AgentAudio]] = []

    async def publish(self, subject: str, data: bytes) -> None:
        """Keep it."""
        self.said.append((subject, AgentAudio.FromString(data)))


async def test_long_sound_is_cut_and_counted() -> None:
    """200 ms at the most, offsets within the reply, one sequence over all replies."""
    bus = Kept()
    out = AudioOut(bus, "CA1", 3)
    await out.publish("r1", 80, b"x" * 3500)
    await out.publish("r2", 0, b"y")
    await out.publish_last("r2", 1)

    assert {subject for subject, _ in bus.said} == {"audio.out.CA1"}
    assert [
        (a.epoch, a.sequence, a.reply_id, a.offset_samples, len(a.mulaw), a.last) for _, a in bus.said
    ] == [
        (3, 1, "r1", 80, 1600, False),
        (3, 2, "r1", 1680, 1600, False),
        (3, 3, "r1", 3280, 300, False),
        (3, 4, "r2", 0, 1, False),
        (3, 5, "r2", 1, 0, True),
    ]
