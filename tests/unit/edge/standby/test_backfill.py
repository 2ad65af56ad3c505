"""Tests of publishing the missed audio before a stream's own."""

from services.edge.standby.backfill import BackfilledIngest
from services.edge.twilio.media_messages import Media
from tests.unit.edge.fake_bus import fake_bus
from tests.unit.edge.standby.audio import SPEECH, frames

SID = f"CA{1:032x}"


async def push(ingest: BackfilledIngest, from_ms: int, until_ms: int) -> None:
    """Push a stream that began at call time 1800."""
    for frame in frames(from_ms, until_ms):
        await ingest.push_frame(Media(frame.at_ms - 1800, frame.mulaw), frame.end_ms)


async def test_a_stream_waits_for_the_missed_audio() -> None:
    """The overlap is published once, and the sequence numbers have no gap."""
    bus = fake_bus()
    ingest = BackfilledIngest(bus, SID, 2)
    await push(ingest, 1800, 2200)
    assert bus.published == []
    await ingest.prepend_standby_audio(frames(1000, 2000))
    await push(ingest, 2200, 2400)

    assert b"".join(audio.mulaw for audio in bus.published) == SPEECH[1000 * 8 : 2400 * 8]
    assert [audio.sequence for audio in bus.published] == list(range(1, len(bus.published) + 1))


async def test_without_missed_audio_the_stream_is_published_unchanged() -> None:
    """The first stream of a call has no missed audio."""
    bus = fake_bus()
    ingest = BackfilledIngest(bus, SID, 1)
    await push(ingest, 1800, 2200)
    await ingest.prepend_standby_audio([])
    await push(ingest, 2200, 2400)

    assert b"".join(audio.mulaw for audio in bus.published) == SPEECH[1800 * 8 : 2400 * 8]


async def test_a_stream_that_ends_early_loses_nothing() -> None:
    """The frames that are still waiting are published on close."""
    bus = fake_bus()
    ingest = BackfilledIngest(bus, SID, 2)
    await push(ingest, 1800, 2200)
    await ingest.close()

    assert b"".join(audio.mulaw for audio in bus.published) == SPEECH[1800 * 8 : 2200 * 8]
