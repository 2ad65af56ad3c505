"""Tests of the publication of caller audio."""

from parley.bus import subjects
from services.edge.inbound.ingest import AudioIngest
from services.edge.twilio.media_messages import Media
from tests.unit.edge.fake_bus import fake_bus

SID = f"CA{1:032x}"


async def test_frames_are_published_as_they_arrive() -> None:
    """They are numbered from one, have call times and carry the stream's epoch."""
    bus = fake_bus()
    ingest = AudioIngest(bus, SID, 3)
    for n in range(3):
        await ingest.push_frame(Media(70 + n * 20, bytes([n]) * 160), 1020 + n * 20)

    assert bus.subject == subjects.caller_audio(SID)
    assert [(audio.epoch, audio.sequence, audio.at_ms) for audio in bus.published] == [
        (3, 1, 1000),
        (3, 2, 1020),
        (3, 3, 1040),
    ]


async def test_a_message_without_audio_is_not_published() -> None:
    """The sequence numbers have no gap."""
    bus = fake_bus()
    ingest = AudioIngest(bus, SID, 1)
    await ingest.push_frame(Media(0, b""), 100)
    await ingest.push_frame(Media(0, b"\x01" * 160), 100)

    assert [audio.sequence for audio in bus.published] == [1]
