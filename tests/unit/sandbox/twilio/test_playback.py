"""The playback buffer and its marks."""

from hypothesis import given
from hypothesis import strategies as st

from parley.audio.g711 import FRAME_BYTES, SILENCE
from sandbox.twilio.playback import MAX_QUEUED_BYTES, Playback


def test_mark_is_returned_when_all_earlier_audio_was_played() -> None:
    """It is returned with the frame that plays the last sample, and not before."""
    playback = Playback()
    playback.queue(b"\x00" * (FRAME_BYTES + 1))
    assert playback.mark("end") == ()
    assert playback.take()[1] == ()
    frame, marks = playback.take()

    assert frame == b"\x00" + SILENCE * (FRAME_BYTES - 1)
    assert marks == ("end",)


def test_mark_in_an_empty_buffer_is_returned_at_once() -> None:
    """No audio precedes the mark."""
    assert Playback().mark("now") == ("now",)


def test_clear_returns_all_marks() -> None:
    """They are in order, the audio is discarded, and later marks refer to later audio."""
    playback = Playback()
    playback.queue(b"\x00" * 1000)
    playback.mark("a")
    playback.queue(b"\x00" * 1000)
    playback.mark("b")
    assert playback.clear() == ("a", "b")
    assert playback.take() == (SILENCE * FRAME_BYTES, ())
    playback.queue(b"\x01" * FRAME_BYTES)
    playback.mark("c")

    assert playback.take() == (b"\x01" * FRAME_BYTES, ("c",))


def test_ten_minutes_are_buffered() -> None:
    """Audio past the limit is discarded."""
    playback = Playback()

    assert playback.queue(b"\x00" * MAX_QUEUED_BYTES) == 0
    assert playback.queue(b"\x00" * 10) == 10
    assert playback.queued_bytes == MAX_QUEUED_BYTES


@given(st.lists(st.one_of(st.binary(max_size=500), st.text(min_size=1, max_size=3), st.none())))
def test_every_mark_is_returned_once_and_in_order(steps: list[bytes | str | None]) -> None:
    """This holds for any sequence of queueing, clearing and playing."""
    playback = Playback()
    sent: list[str] = []
    back: list[str] = []
    for number, step in enumerate(steps):
        if isinstance(step, bytes):
            playback.queue(step)
        elif step is None:
            back += playback.clear() if number % 2 else playback.take()[1]
        else:
            sent.append(f"{number}")
            back += playback.mark(f"{number}")
    while playback.queued_bytes:
        back += playback.take()[1]
    back += playback.clear()

    assert back == sent
