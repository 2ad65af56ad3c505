"""The published position of playback, as the next media stream reads it."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from parley.bus import Bus, Message
from parley.errors import BusError
from parley.v1.playback_pb2 import PlaybackProgressed
from services.edge.outbound.latest_position import LatestPosition

POSITION = PlaybackProgressed(reply_id="r1", played_samples=800, at_ms=600)


@dataclass
class StateStream:
    """The stream STATE in memory."""

    values: dict[str, bytes] = field(default_factory=dict)
    reachable: bool = True

    @property
    def streams(self) -> "StateStream":
        """The reader of the streams."""
        return self

    async def publish(self, subject: str, data: bytes) -> None:
        """Replace a subject's value."""
        if not self.reachable:
            raise BusError("closed")
        self.values[subject] = data

    async def last_message(self, _stream: Any, subject: str) -> Message | None:
        """Return a subject's value."""
        if not self.reachable:
            raise BusError("no reply")
        data = self.values.get(subject)
        return None if data is None else Message(subject, data, 1)


def position_of(stream: StateStream, epoch: int) -> LatestPosition:
    """The position as one media stream of the call publishes and reads it."""
    return LatestPosition(cast(Bus, stream), "CA1", epoch)


async def test_the_next_stream_reads_the_last_position() -> None:
    """A newer position replaces the one before."""
    stream = StateStream()
    await position_of(stream, 1).publish(PlaybackProgressed(reply_id="r1", played_samples=80))
    await position_of(stream, 1).publish(POSITION)

    assert await position_of(stream, 2).read_previous() == POSITION
    assert list(stream.values) == ["state.CA1.playback"]


@pytest.mark.parametrize(("published_by", "read_by"), [(1, 3), (3, 3), (1, 1)])
async def test_a_position_of_another_stream_is_ignored(published_by: int, read_by: int) -> None:
    """An edge that was frozen may publish after its stream was replaced."""
    stream = StateStream()
    await position_of(stream, published_by).publish(POSITION)

    assert await position_of(stream, read_by).read_previous() is None


@pytest.mark.parametrize("data", [None, b"", b"\xff\xff"])
async def test_a_missing_or_unreadable_value_is_none(data: bytes | None) -> None:
    """The log holds a position that is a few seconds older."""
    stream = StateStream({} if data is None else {"state.CA1.playback": data})

    assert await position_of(stream, 2).read_previous() is None


async def test_an_unreachable_bus_neither_fails_nor_delays_the_call() -> None:
    """Playback continues from the log's position."""
    stream = StateStream(reachable=False)
    await position_of(stream, 1).publish(POSITION)

    assert await position_of(stream, 2).read_previous() is None
