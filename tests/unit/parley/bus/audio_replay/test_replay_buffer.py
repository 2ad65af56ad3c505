"""What is said again to the next server."""

import pytest

from parley.bus.audio_replay import replay_buffer
from parley.bus.audio_replay.replay_buffer import ReplayBuffer


@pytest.fixture
def told() -> list[bytes]:
    return []


@pytest.fixture
def lately(told: list[bytes]) -> ReplayBuffer:
    """All that it says again comes to `told`."""

    async def say(_subject: str, data: bytes) -> None:
        told.append(data)

    return ReplayBuffer(say)


async def test_what_was_said_a_moment_ago_is_said_again_in_order(
    lately: ReplayBuffer, told: list[bytes]
) -> None:
    """As often as the connection is lost."""
    for number in range(5):
        lately.record("s", bytes([number]), expire=True)

    await lately.resend_since_disconnect()
    await lately.resend_since_disconnect()

    assert told == [bytes([number]) for number in range(5)] * 2


async def test_one_subject_is_repeated_without_the_others(
    lately: ReplayBuffer, told: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far back as is asked for; new sound is not held up by it."""
    now_s = 100.0
    monkeypatch.setattr(replay_buffer.time, "monotonic", lambda: now_s)
    for number in range(10):
        lately.record("ab"[number % 2], bytes([number]), expire=True)
        now_s += 1

    await lately.retransmit(12, "a")
    assert told == [bytes([number]) for number in (0, 2, 4, 6, 8)]
    told.clear()
    await lately.retransmit(3.5)
    assert told == [bytes([number]) for number in (7, 8, 9)]
    assert not lately.resending


async def test_what_is_long_past_is_forgotten_unless_the_bus_is_away(
    lately: ReplayBuffer, told: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost that nobody could have got."""
    now_s = 100.0
    monkeypatch.setattr(replay_buffer.time, "monotonic", lambda: now_s)
    lately.record("s", b"old", expire=True)
    now_s += 60
    lately.record("s", b"away", expire=False)
    await lately.resend_since_disconnect()
    assert told == [b"old", b"away"]

    now_s += 60
    lately.record("s", b"back", expire=True)
    told.clear()
    await lately.resend_since_disconnect()
    assert told == [b"back"]


async def test_there_is_an_end_to_what_is_kept(
    lately: ReplayBuffer, told: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest counts."""
    monkeypatch.setattr(replay_buffer, "_MAX_BYTES", 10)
    for number in range(20):
        lately.record("s", bytes([number]), expire=False)

    await lately.resend_since_disconnect()

    assert told == [bytes([number]) for number in range(10, 20)]


async def test_what_is_said_meanwhile_comes_after_it(told: list[bytes]) -> None:
    """Readers drop what comes late."""

    async def say(_subject: str, data: bytes) -> None:
        if not told:
            assert lately.resending
            lately.record("s", b"new", expire=True)
        told.append(data)

    lately = ReplayBuffer(say)
    lately.record("s", b"1", expire=True)
    lately.record("s", b"2", expire=True)
    await lately.resend_since_disconnect()

    assert told == [b"1", b"2", b"new"]
    assert not lately.resending
