"""Audio that is published again after a failure."""

import pytest

from parley.bus.audio_replay import replay_buffer
from parley.bus.audio_replay.replay_buffer import ReplayBuffer


@pytest.fixture
def published() -> list[bytes]:
    return []


@pytest.fixture
def buffer(published: list[bytes]) -> ReplayBuffer:
    """A buffer that publishes to `published`."""

    async def publish(_subject: str, data: bytes) -> None:
        published.append(data)

    return ReplayBuffer(publish)


async def test_recent_audio_is_resent_in_order(buffer: ReplayBuffer, published: list[bytes]) -> None:
    """It is resent after each lost connection."""
    for number in range(5):
        buffer.record("s", bytes([number]), expire=True)

    await buffer.resend_since_disconnect()
    await buffer.resend_since_disconnect()

    assert published == [bytes([number]) for number in range(5)] * 2


async def test_one_subject_is_retransmitted_without_the_others(
    buffer: ReplayBuffer, published: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only audio up to the given age is sent; new audio is not delayed by it."""
    now_s = 100.0
    monkeypatch.setattr("parley.bus.audio_replay.replay_buffer.time.monotonic", lambda: now_s)
    for number in range(10):
        buffer.record("ab"[number % 2], bytes([number]), expire=True)
        now_s += 1

    await buffer.retransmit(12, "a")
    assert published == [bytes([number]) for number in (0, 2, 4, 6, 8)]
    published.clear()
    await buffer.retransmit(3.5)
    assert published == [bytes([number]) for number in (7, 8, 9)]
    assert not buffer.resending


async def test_old_audio_is_dropped_unless_the_connection_is_down(
    buffer: ReplayBuffer, published: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the connection is down no reader can have received it, so it is kept."""
    now_s = 100.0
    monkeypatch.setattr("parley.bus.audio_replay.replay_buffer.time.monotonic", lambda: now_s)
    buffer.record("s", b"old", expire=True)
    now_s += 60
    buffer.record("s", b"disconnected", expire=False)
    await buffer.resend_since_disconnect()
    assert published == [b"old", b"disconnected"]

    now_s += 60
    buffer.record("s", b"reconnected", expire=True)
    published.clear()
    await buffer.resend_since_disconnect()
    assert published == [b"reconnected"]


async def test_the_buffer_is_bounded(
    buffer: ReplayBuffer, published: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest audio is kept, the oldest is dropped."""
    monkeypatch.setattr(replay_buffer, "_MAX_BYTES", 10)
    for number in range(20):
        buffer.record("s", bytes([number]), expire=False)

    await buffer.resend_since_disconnect()

    assert published == [bytes([number]) for number in range(10, 20)]


async def test_audio_recorded_during_a_resend_is_published_after_it(published: list[bytes]) -> None:
    """Readers would drop older audio that arrives after newer audio."""

    async def publish(_subject: str, data: bytes) -> None:
        if not published:
            assert resent.resending
            resent.record("s", b"new", expire=True)
        published.append(data)

    resent = ReplayBuffer(publish)
    resent.record("s", b"1", expire=True)
    resent.record("s", b"2", expire=True)
    await resent.resend_since_disconnect()

    assert published == [b"1", b"2", b"new"]
    assert not resent.resending


async def test_retransmitted_chunks_are_counted(buffer: ReplayBuffer) -> None:
    """Chunks that were recorded while the connection was down are sent for the first time."""
    for number in range(3):
        buffer.record("s", bytes([number]), expire=True)
    for number in range(5):
        buffer.record("s", bytes([number]), expire=False)

    assert await buffer.resend_since_disconnect() == 3
    assert await buffer.retransmit(12) == 8
